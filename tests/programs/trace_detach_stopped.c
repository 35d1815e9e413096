// A process that is stopped, seized or attached to and let go again, stays stopped until SIGCONT.
#include <sys/ptrace.h>

#include "program.h"
static void detached(int request) {
  const pid_t child = fork();
  if (child == 0) {
    raise(SIGSTOP);
    _exit(7);
  }
  int status;
  CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
  CHECK(ptrace(request, child, 0, 0) == 0);
  CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
  CHECK(ptrace(PTRACE_DETACH, child, 0, 0) == 0);
  usleep(50000);
  const pid_t ended = waitpid(child, &status, WNOHANG);
  say("after %#x: %d\n", request, ended);
  CHECK(ended == 0);
  CHECK(kill(child, SIGCONT) == 0 && WEXITSTATUS(wait_for(child)) == 7);
}
int main(void) {
  detached(PTRACE_SEIZE);
  detached(PTRACE_ATTACH);
  return 0;
}
