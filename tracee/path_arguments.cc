#include "tracee/path_arguments.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace bygone {

namespace {

constexpr int kNone = -1;
constexpr size_t kPageBytes = 4096;
constexpr size_t kFirstLookBytes = 256;

// Where a call has a path: its arguments, from 0.
struct Place {
  int64_t call;
  int path;
  int directory = kNone;   // whose descriptor a relative path begins at
  int open_flags = kNone;  // O_*
};

// By call number; a call with two paths has two rows.
constexpr Place kPlaces[] = {
    {SYS_open, 0, kNone, 1}, {SYS_execve, 0},       {SYS_truncate, 0},     {SYS_rename, 0},
    {SYS_rename, 1},         {SYS_mkdir, 0},        {SYS_rmdir, 0},        {SYS_creat, 0},
    {SYS_link, 0},           {SYS_link, 1},         {SYS_unlink, 0},       {SYS_symlink, 1},
    {SYS_mknod, 0},          {SYS_openat, 1, 0, 2}, {SYS_mkdirat, 1, 0},   {SYS_mknodat, 1, 0},
    {SYS_unlinkat, 1, 0},    {SYS_renameat, 1, 0},  {SYS_renameat, 3, 2},  {SYS_linkat, 1, 0},
    {SYS_linkat, 3, 2},      {SYS_symlinkat, 2, 1}, {SYS_renameat2, 1, 0}, {SYS_renameat2, 3, 2},
    {SYS_execveat, 1, 0},    {SYS_openat2, 1, 0},
};
static_assert(std::is_sorted(std::begin(kPlaces), std::end(kPlaces),
                             [](const Place& a, const Place& b) { return a.call < b.call; }));

std::string read_path(TraceeMemory& memory, uint64_t from) {
  std::string path;
  std::array<std::byte, kPageBytes> part;
  // Up to the end of a page at most: the next one may not be mapped.
  size_t wanted = kFirstLookBytes;
  while (path.size() < PATH_MAX) {
    const uint64_t at = from + path.size();
    const auto piece = std::span(part).first(std::min<size_t>(wanted, kPageBytes - at % kPageBytes));
    if (!memory.read(Address{at}, piece)) return {};
    const auto end = std::find(piece.begin(), piece.end(), std::byte{0});
    path.append(reinterpret_cast<const char*>(piece.data()), size_t(end - piece.begin()));
    if (end != piece.end()) return path;
    wanted = kPageBytes;
  }
  return {};
}

std::string link_target(const std::string& link) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), size_t(size)) : std::string();
}

std::string absolute(pid_t tid, const Place& place, const Registers& registers, std::string path) {
  if (path.front() == '/') return path;
  const int directory =
      place.directory == kNone ? AT_FDCWD : int(registers.argument(size_t(place.directory)));
  const std::string below =
      link_target(directory == AT_FDCWD ? fmt::format("/proc/{}/cwd", tid)
                                        : fmt::format("/proc/{}/fd/{}", tid, directory));
  if (below.empty() || below.front() != '/') return path;
  while (path.rfind("./", 0) == 0) path.erase(0, 2);
  return below == "/" ? below + path : fmt::format("{}/{}", below, path);
}

std::optional<int64_t> open_flags(TraceeMemory& memory, const Place& place, const Registers& registers) {
  if (place.open_flags != kNone) return int64_t(int32_t(registers.argument(size_t(place.open_flags))));
  if (place.call == SYS_creat) return O_CREAT | O_WRONLY | O_TRUNC;
  uint64_t flags = 0;  // the first field of struct open_how
  if (place.call == SYS_openat2 && memory.read_value(Address{registers.argument(2)}, flags))
    return int64_t(flags);
  return std::nullopt;
}

}  // namespace

std::vector<GivenPath> given_paths(pid_t tid, TraceeMemory& memory, const Registers& registers) {
  std::vector<GivenPath> paths;
  const auto number = int64_t(registers[Register::orig_rax]);
  const auto* place =
      std::lower_bound(std::begin(kPlaces), std::end(kPlaces), number,
                       [](const Place& candidate, int64_t wanted) { return candidate.call < wanted; });
  for (; place != std::end(kPlaces) && place->call == number; ++place) {
    std::string path = read_path(memory, registers.argument(size_t(place->path)));
    if (path.empty()) continue;
    paths.push_back({uint32_t(place->path), open_flags(memory, *place, registers),
                     absolute(tid, *place, registers, std::move(path))});
  }
  return paths;
}

}  // namespace bygone
