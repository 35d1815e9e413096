#include "tracee/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace bygone {

namespace {

// Other devices are not opened: that may do something.
bool is_file_of(const struct stat& st, const KernelMapping& mapping) {
  return st.st_ino == mapping.inode && (S_ISREG(st.st_mode) || is_dev_zero(st));
}

int open_if(const std::string& path, const KernelMapping& mapping) {
  struct stat st;
  if (stat(path.c_str(), &st) != 0 || !is_file_of(st, mapping)) return -1;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd >= 0 && fstat(fd, &st) == 0 && is_file_of(st, mapping)) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

// Numbers of inodes of different memory file systems are alike, and their devices are not what stat(2) says.
int open_descriptor_of(const std::string& process, const KernelMapping& mapping) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(fmt::format("/proc/{}/fd", process), error), end;
       !error && it != end; it.increment(error)) {
    std::error_code gone;
    if (std::filesystem::read_symlink(it->path(), gone) != mapping.path) continue;
    if (const int fd = open_if(it->path(), mapping); fd >= 0) return fd;
  }
  return -1;
}

}  // namespace

bool is_dev_zero(const struct stat& st) {
  constexpr unsigned kMemoryDevices = 1, kZero = 5;  // Documentation/admin-guide/devices.txt
  return S_ISCHR(st.st_mode) && st.st_rdev == makedev(kMemoryDevices, kZero);
}

int open_mapped_file(pid_t tid, const KernelMapping& mapping) {
  if (mapping.inode == 0) return -1;
  const std::string candidates[] = {
      fmt::format("/proc/{}/map_files/{:x}-{:x}", tid, mapping.range.start.value, mapping.range.end.value),
      fmt::format("/proc/{}/root{}", tid, mapping.path), fmt::format("/proc/{}/exe", tid)};
  for (const std::string& path : candidates)
    if (const int fd = open_if(path, mapping); fd >= 0) return fd;
  if (const int fd = open_descriptor_of(std::to_string(tid), mapping); fd >= 0) return fd;
  return open_descriptor_of("self", mapping);
}

}  // namespace bygone
