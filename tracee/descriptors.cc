#include "tracee/descriptors.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <string_view>

#include "tracee/proc_text.h"

namespace bygone {

int64_t file_position(pid_t tid, int fd) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", tid, fd);
  char text[128];
  if (read_proc_text(path, text) == 0) return -1;
  int64_t position = -1;
  return sscanf(text, "pos: %ld", &position) == 1 ? position : -1;
}

namespace {

pid_t number_of(std::string_view part) {
  pid_t number = 0;
  const auto [end, error] = std::from_chars(part.begin(), part.end(), number);
  return error == std::errc() && end == part.end() ? number : 0;
}

// Cuts the last part off.
std::string_view take_part(std::string_view& path) {
  const size_t slash = path.rfind('/');
  const std::string_view part = slash == path.npos ? path : path.substr(slash + 1);
  path = slash == path.npos ? std::string_view{} : path.substr(0, slash);
  return part;
}

}  // namespace

TaskFile task_file(pid_t tid, int fd) {
  char link[64];
  snprintf(link, sizeof link, "/proc/%d/fd/%d", tid, fd);
  char target[256];
  const ssize_t size = readlink(link, target, sizeof target);
  if (size <= 0) return {};
  // Wherever it is mounted.
  std::string_view path(target, size_t(size));
  const std::string name(take_part(path));
  const pid_t task = number_of(take_part(path));
  struct statfs system;
  if (task == 0 || statfs(link, &system) != 0 || system.f_type != PROC_SUPER_MAGIC) return {};
  return {task, name};
}

int file_flags(pid_t tid, int fd) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", tid, fd);
  char text[128];
  if (read_proc_text(path, text) == 0) return 0;
  unsigned flags = 0;
  return sscanf(text, "pos: %*d flags: %o", &flags) == 1 ? int(flags) : 0;
}

int take_descriptor(pid_t process, pid_t tid, int fd) {
  constexpr unsigned kThread = O_EXCL;  // PIDFD_THREAD, Linux 6.9; older ones know processes only
  int handle = int(syscall(SYS_pidfd_open, tid, tid == process ? 0 : kThread));
  if (handle < 0) handle = int(syscall(SYS_pidfd_open, process, 0));
  if (handle < 0) return -1;
  const int ours = int(syscall(SYS_pidfd_getfd, handle, fd, 0));
  close(handle);
  return ours;
}

}  // namespace bygone
