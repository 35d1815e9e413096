#include "tracee/file_data.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "tracee/mapped_file.h"

namespace bygone {

std::optional<FileData> find_file_data(pid_t tid, const KernelMapping& mapping, uint64_t begin,
                                       uint64_t end) {
  const int fd = open_mapped_file(tid, mapping);
  if (fd < 0) return std::nullopt;
  struct stat st {};
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
    close(fd);
    return std::nullopt;
  }
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
