// waitid(2) tells of tracees, and leaves some in place.
#include <sys/ptrace.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGUSR1);
    _exit(2);
  }
  siginfo_t i = {};
  CHECK(0 == waitid(P_PID, p, &i, WSTOPPED | WEXITED | WNOWAIT));
  CHECK(i.si_code == CLD_TRAPPED && i.si_status == SIGUSR1 && i.si_pid == p);
  memset(&i, 0, sizeof i);
  CHECK(0 == waitid(P_ALL, 0, &i, WSTOPPED | WEXITED));
  CHECK(i.si_pid == p);
  memset(&i, 0, sizeof i);
  CHECK(0 == waitid(P_PID, p, &i, WSTOPPED | WEXITED | WNOHANG));
  CHECK(i.si_pid == 0);
  ptrace(PTRACE_CONT, p, 0, 0);
  CHECK(0 == waitid(P_PID, p, &i, WEXITED));
  CHECK(i.si_status == 2);
  return 0;
}
