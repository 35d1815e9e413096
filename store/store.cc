#include "store/store.h"

#include <fmt/core.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>

#include "schema/codec.h"
#include "store/catalog.h"
#include "store/liveness.h"
#include "store/recording_files.h"

namespace bygone {

namespace {

int64_t number_in(const std::string& text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Expected<void> make_private_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) return {};
  std::filesystem::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), 0700) == 0 || std::filesystem::is_directory(directory, error)) return {};
  return fail(ErrorKind::cannot_create, directory.string(), "cannot be made a directory of recordings",
              "name another with --store or BYGONE_STORE");
}

bool is_file_name(std::string_view name_or_file) {
  std::error_code ignored;
  return name_or_file.find('/') != std::string_view::npos || std::filesystem::exists(name_or_file, ignored);
}

}  // namespace

std::filesystem::path Store::default_directory() {
  auto variable = [](const char* name) -> std::filesystem::path {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
  };
  if (const auto store = variable("BYGONE_STORE"); !store.empty()) return store;
  if (const auto data = variable("XDG_DATA_HOME"); data.is_absolute()) return data / "bygone";
  std::filesystem::path home = variable("HOME");
  if (home.empty()) {
    const passwd* user = ::getpwuid(::getuid());
    home = user != nullptr ? user->pw_dir : "/";
  }
  return home / ".local/share/bygone";
}

Expected<Store> Store::open(const std::filesystem::path& directory) {
  std::error_code ignored;
  const std::filesystem::path absolute = std::filesystem::absolute(directory, ignored).lexically_normal();
  BYGONE_TRY(make_private_directory(absolute));
  BYGONE_TRY(make_private_directory(absolute / "recordings"));
  if (!std::filesystem::exists(catalog_path(absolute), ignored))
    BYGONE_TRY(Catalog::open(catalog_path(absolute)));
  return Store(absolute);
}

Expected<Store::NewRecording> Store::create(std::string_view name, std::string_view program,
                                            std::vector<HeaderEntry> header, const RingOptions& options) {
  if (!name.empty()) BYGONE_TRY(check_name(name));
  BYGONE_ASSIGN(auto sink, RingSink::create(directory_, name, program, options));
  if (std::none_of(header.begin(), header.end(), [](const HeaderEntry& e) { return e.key == "started_ns"; }))
    header.push_back({"started_ns", std::to_string(now_ns())});
  for (const HeaderEntry& entry : header) BYGONE_TRY(append_row(*sink, entry));
  BYGONE_TRY(sink->commit());
  std::string chosen = sink->name();
  return NewRecording{std::move(chosen), std::move(sink)};
}

Expected<std::unique_ptr<RecordSink>> Store::amend(std::string_view name) {
  BYGONE_TRY(check_name(name));
  BYGONE_ASSIGN(auto sink, RingSink::amend(directory_, name));
  return std::unique_ptr<RecordSink>(std::move(sink));
}

Expected<std::unique_ptr<RecordingReader>> Store::read(std::string_view name_or_file) const {
  if (name_or_file.empty()) {
    BYGONE_ASSIGN(const auto all, list());
    const auto latest = std::find_if(all.begin(), all.end(), [](const auto& r) { return r.problem.empty(); });
    if (latest == all.end())
      return fail(ErrorKind::not_found, directory_.string(), "holds no recording",
                  "make one with `bygone record`");
    return RecordingReader::open(recording_path(directory_, latest->name), catalog_path(directory_));
  }
  std::error_code ignored;
  if (check_name(name_or_file)) {
    const std::filesystem::path path = recording_path(directory_, name_or_file);
    if (std::filesystem::exists(path, ignored)) return RecordingReader::open(path, catalog_path(directory_));
  }
  if (!is_file_name(name_or_file))
    return fail(ErrorKind::not_found, std::string(name_or_file), "there is no such recording",
                "`bygone ls` lists them");
  // A file out of a store has its catalog two steps up; a packed one needs none.
  const std::filesystem::path file = std::filesystem::absolute(name_or_file, ignored);
  std::filesystem::path catalog = catalog_path(file.parent_path().parent_path());
  if (!std::filesystem::exists(catalog, ignored)) catalog = catalog_path(directory_);
  if (!std::filesystem::exists(catalog, ignored)) catalog.clear();
  return RecordingReader::open(file, catalog);
}

Expected<std::unique_ptr<RecordingReader>> Store::read_again(std::string_view name_or_file,
                                                             const RecordingReader& opened) const {
  return read(name_or_file.empty() ? std::string_view(opened.name()) : name_or_file);
}

Expected<std::vector<RecordingSummary>> Store::list() const {
  std::vector<RecordingSummary> all;
  for (const std::string& name : recording_names(directory_)) {
    const std::filesystem::path path = recording_path(directory_, name);
    RecordingSummary& summary = all.emplace_back();
    summary.name = name;
    summary.size_bytes = recording_size_bytes(path);
    const auto reader = RecordingReader::open(path, {});
    if (!reader) {
      summary.problem = reader.error().message();
      continue;
    }
    summary.command = (*reader)->header("command");
    summary.outcome = (*reader)->outcome();
    summary.events = (*reader)->last_event().value;
    summary.started_ns = number_in((*reader)->header("started_ns"));
  }
  std::sort(all.begin(), all.end(), [](const RecordingSummary& a, const RecordingSummary& b) {
    return a.started_ns != b.started_ns ? a.started_ns > b.started_ns : a.name > b.name;
  });
  return all;
}

Expected<void> Store::remove(std::string_view name) {
  BYGONE_TRY(check_name(name));
  const std::filesystem::path path = recording_path(directory_, name);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    return fail(ErrorKind::not_found, std::string(name), "there is no such recording",
                "`bygone ls` lists them");
  if (is_being_written(path))
    return fail(ErrorKind::usage, std::string(name), "is being recorded",
                "wait for the program to end, or end it");
  BYGONE_TRY(remove_recording_files(path));
  BYGONE_ASSIGN(auto catalog, Catalog::open(catalog_path(directory_)));
  return catalog->forget(name);
}

Expected<uint64_t> Store::collect_garbage() {
  BYGONE_ASSIGN(auto catalog, Catalog::open(catalog_path(directory_)));
  BYGONE_ASSIGN(const CatalogCounts before, catalog->counts());
  const auto path_of = [&](const std::string& name) { return recording_path(directory_, name); };
  std::error_code ignored;
  BYGONE_TRY(catalog->collect_garbage(
      [&](const std::string& name) { return std::filesystem::exists(path_of(name), ignored); },
      [&](const std::string& name) { return is_being_written(path_of(name)); }));
  BYGONE_ASSIGN(const CatalogCounts after, catalog->counts());
  return before.stored_bytes - std::min(before.stored_bytes, after.stored_bytes);
}

}  // namespace bygone
