// A tracer that is the first process of a pid namespace: numbers of tracees, in all that tells them, are its
// own.
#include <sched.h>
#include <sys/ptrace.h>

#include "program.h"
static pid_t told;
static void on_child(int number, siginfo_t* info, void* context) {
  (void)number;
  (void)context;
  told = info->si_pid;
}
static int trace(void* unused) {
  (void)unused;
  on_signal(SIGCHLD, on_child, SA_RESTART);
  const pid_t child = fork();
  if (child == 0) {
    CHECK(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 && raise(SIGSTOP) == 0);
    const pid_t grandchild = fork();
    if (grandchild == 0) _exit(5);
    CHECK(WEXITSTATUS(wait_for(grandchild)) == 5);
    _exit(6);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status) && told == child);
  CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACEFORK) == 0);
  CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
  CHECK(waitpid(child, &status, 0) == child && status >> 8 == (SIGTRAP | PTRACE_EVENT_FORK << 8));
  unsigned long grandchild = 0;
  CHECK(ptrace(PTRACE_GETEVENTMSG, child, 0, &grandchild) == 0);
  siginfo_t info;
  CHECK(waitid(P_PID, (id_t)grandchild, &info, WSTOPPED) == 0 && info.si_pid == (pid_t)grandchild);
  say("child %d, grandchild %lu\n", child, grandchild);
  CHECK(ptrace(PTRACE_DETACH, grandchild, 0, 0) == 0 && ptrace(PTRACE_CONT, child, 0, 0) == 0);
  for (;;) {
    CHECK(waitpid(-getpgid(child), &status, 0) == child || waitpid(child, &status, 0) == child);
    if (!WIFSTOPPED(status)) break;
    CHECK(ptrace(PTRACE_CONT, child, 0, WSTOPSIG(status)) == 0);
  }
  CHECK(WEXITSTATUS(status) == 6);
  const pid_t sleeper = fork();
  if (sleeper == 0) {
    pause();
    _exit(1);
  }
  CHECK(ptrace(PTRACE_SEIZE, sleeper, 0, 0) == 0 && ptrace(PTRACE_INTERRUPT, sleeper, 0, 0) == 0);
  CHECK(waitpid(sleeper, &status, 0) == sleeper && WIFSTOPPED(status));
  CHECK(kill(sleeper, SIGKILL) == 0 && waitpid(sleeper, &status, 0) == sleeper && WIFSIGNALED(status));
  return 0;
}
int main(void) {
  static char stack[65536];
  const pid_t tracer = clone(trace, stack + sizeof stack, CLONE_NEWPID | SIGCHLD, NULL);
  if (tracer < 0) {
    say("no namespaces\n");
    return 0;
  }
  CHECK(wait_for(tracer) == 0);
  return 0;
}
