#include "tracee/descriptors.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

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

TaskFile task_file(pid_t tid, int fd) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", tid, fd);
  char target[64];
  const ssize_t size = readlink(path, target, sizeof target - 1);
  constexpr std::string_view kProc = "/proc/";
  if (size <= ssize_t(kProc.size()) || !std::string_view(target, size_t(size)).starts_with(kProc)) return {};
  target[size] = '\0';
  int process = 0, thread = 0;
  char name[16];
  char more = 0;
  if (sscanf(target, "/proc/%d/task/%d/%15[^/]%c", &process, &thread, name, &more) == 3)
    return {thread, name};
  if (sscanf(target, "/proc/%d/%15[^/]%c", &process, name, &more) == 2) return {process, name};
  return {};
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
