// The first process of a pid namespace: signals pass it by, faults end it.
#include <sched.h>
#include <signal.h>

#include "program.h"

static char stack[65536];

static int init(void* a) {
  sigset_t all;
  switch ((long)a) {
    case 0:
      raise(SIGTERM);
      raise(SIGABRT);
      return 7;
    case 1:
      *(volatile int*)0 = 1;
      return 7;
    case 2:
      abort();
    default:
      sigfillset(&all);
      sigprocmask(SIG_BLOCK, &all, 0);
      *(volatile int*)0 = 1;
      return 7;
  }
}

int main(void) {
  for (long k = 0; k < 4; k++) {
    int status = -1;
    pid_t p = clone(init, stack + sizeof stack, CLONE_NEWPID | SIGCHLD, (void*)k);
    if (p < 0) {
      say("no\n");
      return 0;
    }
    waitpid(p, &status, 0);
    say("%ld %x\n", k, status & 0x7f);
  }
  return 0;
}
