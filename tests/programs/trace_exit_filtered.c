// exit_group(2) that a filter sends to the tracer, which changes it: another status, and another call.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
static void filter_exits(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {4, code};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}
int main(void) {
  const pid_t child = fork();
  if (child == 0) {
    CHECK(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 && raise(SIGSTOP) == 0);
    filter_exits();
    const long result = syscall(SYS_exit_group, 1);
    say("called off with %ld\n", result);
    _exit(2);
  }
  int status, exits = 0;
  CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
  CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP) == 0);
  for (;;) {
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0 && waitpid(child, &status, 0) == child);
    if (!WIFSTOPPED(status)) break;
    struct user_regs_struct registers;
    CHECK(status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8));
    CHECK(ptrace(PTRACE_GETREGS, child, 0, &registers) == 0);
    say("exit_group(%lld)\n", registers.rdi);
    if (++exits == 1) {
      registers.orig_rax = (unsigned long long)-1;
      registers.rax = 77;
    } else {
      registers.rdi = 55;
    }
    CHECK(ptrace(PTRACE_SETREGS, child, 0, &registers) == 0);
  }
  say("ended with %d\n", WEXITSTATUS(status));
  CHECK(exits == 2 && WEXITSTATUS(status) == 55);
  return 0;
}
