// a child joins the namespaces of another by setns with pidfd and /proc/PID/ns.
#include <sched.h>

#include "program.h"
int main(void) {
  int p[2];
  pipe(p);
  pid_t k = fork();
  if (!k) {
    CHECK(unshare(CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWNS) == 0);
    sethostname("inside", 6);
    write(p[1], "x", 1);
    pause();
    _exit(0);
  }
  char b[100];
  read(p[0], b, 1);
  pid_t q = fork();
  if (!q) {
    int f = syscall(SYS_pidfd_open, k, 0);
    CHECK(setns(f, CLONE_NEWUTS | CLONE_NEWNET) == 0);
    gethostname(b, 100);
    say("%s\n", b);
    sprintf(b, "/proc/%d/ns/mnt", k);
    f = open(b, O_RDONLY);
    CHECK(setns(f, CLONE_NEWNS) == 0);
    _exit(0);
  }
  CHECK(wait_for(q) == 0);
  kill(k, SIGKILL);
  wait_for(k);
  return 0;
}
