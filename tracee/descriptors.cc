#include "tracee/descriptors.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

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

pid_t memory_file_owner(pid_t tid, int fd) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", tid, fd);
  char target[64];
  const ssize_t size = readlink(path, target, sizeof target - 1);
  if (size < 4 || memcmp(target + size - 4, "/mem", 4) != 0) return 0;
  target[size] = '\0';
  int owner = 0, thread = 0, parsed = 0;
  if (sscanf(target, "/proc/%d/mem%n", &owner, &parsed) == 1 && parsed == size) return owner;
  if (sscanf(target, "/proc/%d/task/%d/mem%n", &owner, &thread, &parsed) == 2 && parsed == size)
    return thread;
  return 0;
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
