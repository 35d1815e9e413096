// A child stopped by SIGSTOP and continued by SIGCONT, as its parent sees it with WUNTRACED and WCONTINUED.
#include "program.h"
int main(void) {
  pid_t pid = fork();
  if (pid == 0) {
    say("child %d\n", getpid());
    raise(SIGSTOP);
    say("child goes on\n");
    _exit(8);
  }
  int status;
  CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
  say("child %d stopped\n", pid);
  CHECK(kill(pid, SIGCONT) == 0);
  CHECK(waitpid(pid, &status, WCONTINUED) == pid);
  if (WIFCONTINUED(status)) {
    say("child continued\n");
    CHECK(waitpid(pid, &status, 0) == pid);
  }
  CHECK(WEXITSTATUS(status) == 8);
  return 0;
}
