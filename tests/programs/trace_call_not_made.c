// Calls a tracer keeps from being made: PTRACE_SYSEMU followed by PTRACE_SYSCALL has a stop at the call's
// exit, and exit_group(2) is a call like any other, until it is made.
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
#define CALL_STOP (SIGTRAP | 0x80)
static int stop_of(pid_t child) {
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  return status;
}
static long number_of(pid_t child) {
  struct user_regs_struct registers;
  CHECK(ptrace(PTRACE_GETREGS, child, NULL, &registers) == 0);
  return (long)registers.orig_rax;
}
int main(void) {
  pid_t child = fork();
  if (child == 0) {
    CHECK(ptrace(PTRACE_TRACEME) == 0);
    raise(SIGSTOP);
    syscall(SYS_getpid);
    syscall(SYS_exit_group, 5);
    syscall(SYS_exit_group, 6);
    syscall(SYS_exit_group, 77);
    return 1;
  }
  CHECK(WSTOPSIG(stop_of(child)) == SIGSTOP);
  CHECK(ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD) == 0);
  // getpid is entered, is not made, and returns.
  CHECK(ptrace(PTRACE_SYSEMU, child, NULL, 0) == 0);
  int status;
  while (WSTOPSIG(status = stop_of(child)) != CALL_STOP || number_of(child) != SYS_getpid)
    CHECK(ptrace(PTRACE_SYSEMU, child, NULL, 0) == 0);
  CHECK(ptrace(PTRACE_SYSCALL, child, NULL, 0) == 0);
  CHECK(WSTOPSIG(stop_of(child)) == CALL_STOP);
  struct user_regs_struct registers;
  CHECK(ptrace(PTRACE_GETREGS, child, NULL, &registers) == 0);
  say("the call that was not made returns %lld\n", (long long)registers.rax);
  CHECK((long long)registers.rax == -ENOSYS);
  // exit_group(5) is emulated, exit_group(6) becomes getppid.
  CHECK(ptrace(PTRACE_SYSEMU, child, NULL, 0) == 0);
  CHECK(WSTOPSIG(stop_of(child)) == CALL_STOP && number_of(child) == SYS_exit_group);
  CHECK(ptrace(PTRACE_SYSCALL, child, NULL, 0) == 0);
  CHECK(WSTOPSIG(stop_of(child)) == CALL_STOP);  // its exit
  CHECK(ptrace(PTRACE_SYSCALL, child, NULL, 0) == 0);
  CHECK(WSTOPSIG(stop_of(child)) == CALL_STOP && number_of(child) == SYS_exit_group);
  CHECK(ptrace(PTRACE_GETREGS, child, NULL, &registers) == 0);
  registers.orig_rax = SYS_getppid;
  CHECK(ptrace(PTRACE_SETREGS, child, NULL, &registers) == 0);
  CHECK(ptrace(PTRACE_SYSCALL, child, NULL, 0) == 0);
  CHECK(WSTOPSIG(stop_of(child)) == CALL_STOP);
  CHECK(ptrace(PTRACE_GETREGS, child, NULL, &registers) == 0);
  say("instead of exiting it has found its parent %lld\n", (long long)registers.rax);
  CHECK((pid_t)registers.rax == getpid());
  CHECK(ptrace(PTRACE_CONT, child, NULL, 0) == 0);
  status = stop_of(child);
  say("it ended with %#x\n", status);
  CHECK(WEXITSTATUS(status) == 77);
  return 0;
}
