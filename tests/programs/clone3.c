// clone3 with CLONE_PIDFD, a parent and a child tid: the kernel writes three results into memory.
#include <linux/sched.h>
#include <poll.h>

#include "program.h"
int main(void) {
  int pidfd = -1;
  pid_t parent_tid = 0;
  static pid_t child_tid;
  struct clone_args args;
  memset(&args, 0, sizeof args);
  args.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID;
  args.pidfd = (uintptr_t)&pidfd;
  args.parent_tid = (uintptr_t)&parent_tid;
  args.child_tid = (uintptr_t)&child_tid;
  args.exit_signal = SIGCHLD;
  long pid = syscall(SYS_clone3, &args, sizeof args);
  CHECK(pid >= 0);
  if (pid == 0) _exit(child_tid == syscall(SYS_getpid) ? 9 : 1);
  CHECK(parent_tid == pid && pidfd >= 0);
  struct pollfd waiting = {.fd = pidfd, .events = POLLIN};
  CHECK(poll(&waiting, 1, 5000) == 1);
  say("pid %ld, pidfd %d, child_tid here %d\n", pid, pidfd, child_tid);
  CHECK(WEXITSTATUS(wait_for((pid_t)pid)) == 9);
  return 0;
}
