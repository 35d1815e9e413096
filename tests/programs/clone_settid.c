// clone with PARENT_SETTID, CHILD_SETTID, CHILD_CLEARTID and futex wait for it; pidfd.
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>

#include "program.h"
static char st[65536];
static int ptid, ctid = 5;
static int f(void* a) {
  say("c %d %d\n", ptid, ctid);
  return 0;
}
int main(void) {
  pid_t p = clone(f, st + 65536,
                  CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, 0,
                  &ptid, 0, &ctid);
  CHECK(ptid == p);
  int v;
  while ((v = __atomic_load_n(&ctid, __ATOMIC_SEQ_CST))) syscall(SYS_futex, &ctid, FUTEX_WAIT, v, 0, 0, 0);
  CHECK(wait_for(p) == 0);
  int pfd = -1;
  p = clone(f, st + 65536, CLONE_PIDFD | SIGCHLD, 0, &pfd);
  CHECK(pfd >= 0);
  struct pollfd q = {pfd, POLLIN, 0};
  CHECK(poll(&q, 1, -1) == 1);
  siginfo_t si;
  CHECK(waitid(P_PIDFD, pfd, &si, WEXITED) == 0);
  say("%d %d\n", si.si_pid == p, si.si_status);
  CHECK(clone(f, 0, CLONE_VM, 0) < 0);
  CHECK(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0) < 0);
  CHECK(syscall(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0) < 0 && errno == EINVAL);
  return 0;
}
