// wait4 with rusage, waitid with WNOWAIT, waitpid with WNOHANG and by process group, ECHILD at the end.
#include <sys/resource.h>

#include "program.h"
int main(void) {
  pid_t pid = fork();
  if (pid == 0) _exit(21);
  siginfo_t info;
  memset(&info, 0, sizeof info);
  CHECK(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0);
  CHECK(info.si_pid == pid && info.si_status == 21 && info.si_code == CLD_EXITED);
  struct rusage usage;
  int status;
  CHECK(wait4(pid, &status, 0, &usage) == pid && WEXITSTATUS(status) == 21);
  say("child %d used %ld us of system time\n", pid, (long)usage.ru_stime.tv_usec);

  int ends[2];
  CHECK(pipe(ends) == 0);
  pid = fork();
  if (pid == 0) {
    char byte;
    setpgid(0, 0);
    CHECK(read(ends[0], &byte, 1) == 1);
    _exit(22);
  }
  setpgid(pid, pid);
  CHECK(waitpid(-pid, &status, WNOHANG) == 0);
  CHECK(write(ends[1], "x", 1) == 1);
  CHECK(waitpid(-pid, &status, 0) == pid && WEXITSTATUS(status) == 22);
  CHECK(waitpid(-1, &status, 0) == -1 && errno == ECHILD);
  say("children %d and none left\n", pid);
  return 0;
}
