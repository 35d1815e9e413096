// A traced program makes a thread that is not to be traced (CLONE_UNTRACED), then one that is.
#include <sched.h>
#include <sys/ptrace.h>

#include "program.h"
static char stacks[2][65536] __attribute__((aligned(16)));
static volatile int ended;
static int run(void* unused) {
  (void)unused;
  ++ended;
  syscall(SYS_exit, 0);
  return 0;
}
static void make(int which, int flags) {
  flags |= CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  CHECK(clone(run, stacks[which] + sizeof stacks[which], flags, NULL) > 0);
  while (ended <= which) usleep(1000);
}
int main(void) {
  pid_t child = fork();
  if (child == 0) {
    CHECK(ptrace(PTRACE_TRACEME) == 0);
    raise(SIGSTOP);
    make(0, CLONE_UNTRACED);
    make(1, 0);
    _exit(7);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && WSTOPSIG(status) == SIGSTOP);
  CHECK(ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACECLONE) == 0);
  CHECK(ptrace(PTRACE_CONT, child, NULL, 0) == 0);
  int clones = 0;
  for (;;) {
    pid_t who = waitpid(-1, &status, __WALL);
    CHECK(who > 0);
    if (who == child && (WIFEXITED(status) || WIFSIGNALED(status))) break;
    if (!WIFSTOPPED(status)) continue;
    const int event = status >> 16;
    if (event == PTRACE_EVENT_CLONE) ++clones;
    const int signal =
        event == 0 && WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGCONT ? WSTOPSIG(status) : 0;
    CHECK(ptrace(PTRACE_CONT, who, NULL, signal) == 0);
  }
  say("%d clones told of, child ended with %#x\n", clones, status);
  CHECK(clones == 1 && WEXITSTATUS(status) == 7);
  return 0;
}
