// Threads of a tracee: made, stopped, ended, each on its own.
#include <pthread.h>
#include <sys/ptrace.h>

#include "program.h"
static void* t(void* a) {
  usleep(500);
  return a;
}
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    pthread_t x[3];
    for (long i = 0; i < 3; i++) pthread_create(x + i, 0, t, 0);
    for (int i = 0; i < 3; i++) pthread_join(x[i], 0);
    _exit(4);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  CHECK(0 == ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT));
  ptrace(PTRACE_CONT, p, 0, 0);
  int clones = 0, exits = 0, ends = 0, stops = 0;
  for (;;) {
    pid_t w = waitpid(-1, &s, __WALL);
    if (w < 0) break;
    if (WIFSTOPPED(s)) {
      if (s >> 16 == PTRACE_EVENT_CLONE)
        clones++;
      else if (s >> 16 == PTRACE_EVENT_EXIT)
        exits++;
      else if (WSTOPSIG(s) == SIGSTOP)
        stops++;
      else
        say("other %x\n", s);
      CHECK(0 == ptrace(PTRACE_CONT, w, 0, 0));
    } else {
      ends++;
      if (w == p) CHECK(WEXITSTATUS(s) == 4);
    }
  }
  say("%d %d %d %d\n", clones, exits, ends, stops);
  CHECK(clones == 3 && exits == 4 && ends == 4 && stops == 3);
  return 0;
}
