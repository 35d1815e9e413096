#include "store/freeze.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include "schema/keep_bounds.h"
#include "store/catalog.h"
#include "store/database.h"
#include "store/liveness.h"
#include "store/recording_access.h"
#include "store/recording_files.h"

namespace bygone {

Expected<std::string> freeze_recording(const Store& store, std::string_view name, std::string_view new_name) {
  BYGONE_ASSIGN(const auto reader, store.read(name));
  if (reader->last_event().value == 0)
    return fail(ErrorKind::not_found, reader->name(), "has no event yet", "try again in a moment");
  BYGONE_ASSIGN(const auto database, claim_name(store.directory(), new_name, reader->name()));
  const std::string chosen = database.stem().string();
  BYGONE_ASSIGN(WriterLock lock, WriterLock::take(database));
  // Before the copy, as contents may leave the window meanwhile, and after it, for what is added meanwhile.
  const auto use_likewise = [&]() -> Expected<void> {
    BYGONE_ASSIGN(const auto catalog, Catalog::open(catalog_path(store.directory())));
    return catalog->use_likewise(reader->name(), chosen);
  };
  // Under its own name only when it is whole: somebody may be looking whether it is there yet.
  const std::filesystem::path draft = database.string() + ".part";
  const auto copy_window = [&] {
    static_cast<void>(remove_recording_files(draft));  // of a process that was killed
    SQLite::Database copy(draft.string(),
                          SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX);
    std::error_code ignored;
    std::filesystem::permissions(
        draft, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
    copy_database(recording_database(*reader), copy);
    copy.exec("PRAGMA journal_mode = DELETE");
    SQLite::Statement put(copy, "INSERT OR REPLACE INTO header(key, value) VALUES(?, ?)");
    const auto set = [&](std::string_view key, std::string_view value) {
      put.reset();
      put.bind(1, std::string(key));
      put.bind(2, std::string(value));
      put.exec();
    };
    set("name", chosen);
    set("frozen_from", reader->name());
    if (reader->header("state") == "recording") {
      set("state", "finished");
      set("outcome", "frozen");
    }
    SQLite::Statement drop(copy, "DELETE FROM header WHERE key IN (?, ?)");
    drop.bind(1, std::string(kKeepTimeKey));
    drop.bind(2, std::string(kKeepSizeKey));
    drop.exec();
    copy.exec("DELETE FROM unfinished_row");
  };
  const auto give_name = [&]() -> Expected<void> {
    std::error_code error;
    std::filesystem::rename(draft, database, error);
    if (error)
      return fail(ErrorKind::io, chosen, fmt::format("cannot be given its name ({})", error.message()));
    return use_likewise();
  };
  const auto frozen =
      use_likewise().and_then([&] { return guarded(chosen, copy_window); }).and_then(give_name);
  if (!frozen) {
    static_cast<void>(remove_recording_files(draft));
    static_cast<void>(remove_recording_files(database));
    return tl::unexpected(frozen.error());
  }
  lock.release();
  return chosen;
}

}  // namespace bygone
