#include "tracee/file_data.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace bygone {

std::optional<FileData> find_file_data(pid_t tid, const MemoryRange& mapped, uint64_t begin, uint64_t end) {
  const std::string link =
      fmt::format("/proc/{}/map_files/{:x}-{:x}", tid, mapped.start.value, mapped.end.value);
  struct stat st {};  // a device is not opened
  if (stat(link.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return std::nullopt;
  const int fd = open(link.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  end = std::min(end, page_ceil(Address{uint64_t(st.st_size)}).value);
  FileData found;
  for (uint64_t at = begin; at < end;) {
    const off_t data = lseek(fd, off_t(at), SEEK_DATA);
    if (data < 0 && errno != ENXIO) {  // no such thing here
      close(fd);
      return std::nullopt;
    }
    const uint64_t start = data < 0 ? end : std::min(end, page_floor(Address{uint64_t(data)}).value);
    if (start > at) found.holes.emplace_back(at, start);
    if (start >= end) break;
    const off_t hole = lseek(fd, off_t(start), SEEK_HOLE);
    const uint64_t stop = hole < 0 ? end : std::min(end, page_ceil(Address{uint64_t(hole)}).value);
    at = std::max(stop, start + kPageSize);
    found.data.emplace_back(start, at);
  }
  close(fd);
  return found;
}

}  // namespace bygone
