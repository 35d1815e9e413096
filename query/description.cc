#include "query/description.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>

#include "query/command_text.h"
#include "query/names.h"
#include "query/select.h"

namespace bygone::query {
namespace {

constexpr size_t kMostEntries = 60;
constexpr size_t kLongestKey = 40;

using Entries = std::vector<std::pair<std::string, Cell>>;

std::filesystem::path file_of(RecordingReader& recording) {
  const char* name = sqlite3_db_filename(recording.connection(), "main");
  return name != nullptr ? name : "";
}

bool usable_key(const std::string& key) {
  const auto fits = [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_'; };
  return !key.empty() && key.size() <= kLongestKey && std::all_of(key.begin(), key.end(), fits);
}

int64_t number_in(const std::string& text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Expected<Entries> describe(RecordingReader& recording) {
  sqlite3* connection = recording.connection();
  const auto last = int64_t(recording.last_event().value);
  BYGONE_ASSIGN(auto header, recording.header_entries());
  BYGONE_ASSIGN(
      const int64_t duration_ns,
      select_number(connection, fmt::format("SELECT time_ns FROM frame WHERE event = {}", last), 0));
  BYGONE_ASSIGN(const int64_t tasks, select_number(connection, "SELECT count(*) FROM task", 0));
  BYGONE_ASSIGN(const int64_t processes,
                select_number(connection, "SELECT count(DISTINCT tgid) FROM task", 0));
  BYGONE_ASSIGN(const int64_t uncaptured,
                select_number(connection, "SELECT sum(count) FROM uncaptured_call", 0));
  std::error_code ignored;
  const auto size = std::filesystem::file_size(file_of(recording), ignored);
  Entries entries = {{"events", last},
                     {"command", command_text(header["command"])},
                     {"outcome", recording.outcome()},
                     {"name", recording.name()},
                     {"duration", double(duration_ns) / 1e9},
                     {"processes", processes},
                     {"tasks", tasks},
                     {"size_bytes", ignored ? Cell{} : Cell{int64_t(size)}},
                     {"uncaptured_calls", uncaptured},
                     {"format", header["format"]}};
  if (const std::string started = time_text(number_in(header["started_ns"])); !started.empty())
    entries.emplace_back("started", started);
  for (const auto& [key, value] : header) {
    const bool known =
        key == "format" || key == "started_ns" ||
        std::any_of(entries.begin(), entries.end(), [&name = key](const auto& e) { return e.first == name; });
    if (!known && usable_key(key) && !value.empty() && entries.size() < kMostEntries)
      entries.emplace_back(key, value);
  }
  return entries;
}

}  // namespace bygone::query
