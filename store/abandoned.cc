#include "store/abandoned.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/core.h>

#include <vector>

#include "store/database.h"
#include "store/liveness.h"
#include "store/recording_files.h"
#include "store/unfinished_event.h"

namespace bygone {

namespace {

// Larger than a database without rows.
constexpr uint64_t kEmptyBytes = 2 << 20;

bool holds_nothing(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) == 0) return !error;
  // What was finished has no lock file, and need not be opened.
  if (!std::filesystem::exists(lock_file_of(path), error)) return false;
  const auto empty = guarded(path.string(), [&] {
    // For writing, so that SQLite can undo what was half done.
    SQLite::Database database(path.string(), SQLite::OPEN_READWRITE);
    if (!database.tableExists("header")) return pragma_number(database, "schema_version") == 0;
    // Where a second recorder has joined, the first one was told.
    SQLite::Statement begun(
        database, fmt::format("SELECT EXISTS(SELECT 1 FROM frame) OR EXISTS(SELECT 1 FROM header WHERE key = "
                              "'started_ns') OR EXISTS(SELECT 1 FROM unfinished_row WHERE ordinal >= {})",
                              int64_t{1} << kSourceShift));
    return begun.executeStep() && begun.getColumn(0).getInt() == 0;
  });
  return empty && *empty;
}

}  // namespace

void remove_abandoned(const std::filesystem::path& store) {
  for (const std::string& name : recording_names(store)) {
    const std::filesystem::path path = recording_path(store, name);
    if (recording_size_bytes(path) < kEmptyBytes && !is_being_written(path) && holds_nothing(path))
      static_cast<void>(remove_recording_files(path));
  }
}

void remove_stale_locks(const std::filesystem::path& store) {
  std::vector<std::filesystem::path> locks;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(store / "recordings", error))
    if (entry.path() == lock_file_of(entry.path())) locks.push_back(entry.path());
  for (const std::filesystem::path& lock : locks) remove_stale_lock(lock);
}

}  // namespace bygone
