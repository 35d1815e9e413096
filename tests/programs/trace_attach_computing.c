// Attaching to a task that computes.
#include <sys/ptrace.h>

#include "program.h"
static volatile long n;
int main() {
  pid_t p = fork();
  if (!p) {
    for (;;) n++;
  }
  usleep(2000);
  CHECK(0 == ptrace(PTRACE_ATTACH, p, 0, 0));
  int s;
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WSTOPSIG(s) == SIGSTOP);
  long a = ptrace(PTRACE_PEEKDATA, p, &n, 0);
  say("n %ld\n", a);
  ptrace(PTRACE_KILL, p, 0, 0);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WTERMSIG(s) == 9);
  return 0;
}
