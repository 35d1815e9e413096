#include "store/recording_files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "store/liveness.h"

namespace bygone {

namespace {

constexpr std::string_view kSuffix = ".db";
constexpr size_t kLongestName = 200;

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '+' || c == '-';
}

// A program's name as the beginning of a recording's.
std::string stem_of(std::string_view program) {
  std::string stem(program.substr(program.rfind('/') + 1));
  std::replace_if(
      stem.begin(), stem.end(), [](char c) { return !is_name_letter(c); }, '_');
  if (stem.empty() || stem.front() == '.') stem.insert(0, "_");
  return stem.substr(0, 100);
}

// The number after the highest in use for `stem`.
uint64_t next_number(const std::filesystem::path& store, const std::string& stem) {
  uint64_t next = 0;
  for (const std::string& name : recording_names(store)) {
    if (name.size() <= stem.size() + 1 || name.compare(0, stem.size(), stem) != 0 || name[stem.size()] != '-')
      continue;
    uint64_t number = 0;
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + stem.size() + 1, end, number);
    if (error == std::errc{} && stop == end) next = std::max(next, number + 1);
  }
  return next;
}

}  // namespace

std::filesystem::path catalog_path(const std::filesystem::path& store) {
  return store / "catalog.db";
}

std::filesystem::path recording_path(const std::filesystem::path& store, std::string_view name) {
  return store / "recordings" / (std::string(name) + std::string(kSuffix));
}

Expected<void> check_name(std::string_view name) {
  if (!name.empty() && name.size() <= kLongestName && name.front() != '.' && name.front() != '-' &&
      std::all_of(name.begin(), name.end(), is_name_letter))
    return {};
  return fail(ErrorKind::usage, fmt::format("'{}'", name), "cannot be the name of a recording",
              "use letters, digits and . _ + -, beginning with none of . -");
}

Expected<std::filesystem::path> claim_name(const std::filesystem::path& store, std::string_view name,
                                           std::string_view program) {
  if (!name.empty()) BYGONE_TRY(check_name(name));
  const std::string stem = stem_of(program);
  while (true) {
    const std::string chosen =
        name.empty() ? fmt::format("{}-{}", stem, next_number(store, stem)) : std::string(name);
    const std::filesystem::path path = recording_path(store, chosen);
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
      ::close(fd);
      return path;
    }
    if (errno != EEXIST)
      return fail(ErrorKind::cannot_create, path.string(),
                  fmt::format("cannot be created ({})", std::strerror(errno)),
                  "check that the store may be written and has room");
    if (!name.empty())
      return fail(ErrorKind::usage, chosen, "there is a recording of this name already",
                  fmt::format("choose another, or `bygone rm {}`", chosen));
  }
}

std::vector<std::string> recording_names(const std::filesystem::path& store) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(store / "recordings", error))
    if (entry.path().extension() == kSuffix) names.push_back(entry.path().stem().string());
  return names;
}

uint64_t recording_size_bytes(const std::filesystem::path& database) {
  uint64_t size = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code error;
    const uintmax_t part = std::filesystem::file_size(database.string() + suffix, error);
    if (!error) size += part;
  }
  return size;
}

Expected<void> remove_recording_files(const std::filesystem::path& database) {
  std::error_code error;
  if (!std::filesystem::remove(database, error) && error)
    return fail(ErrorKind::no_permission, database.string(),
                fmt::format("cannot be removed ({})", error.message()));
  for (const char* suffix : {"-wal", "-shm", "-journal"})
    std::filesystem::remove(database.string() + suffix, error);
  std::filesystem::remove(lock_file_of(database), error);
  return {};
}

}  // namespace bygone
