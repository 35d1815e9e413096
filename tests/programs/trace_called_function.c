// As debuggers call functions of the program: registers of a task asleep in a call are set aside, and given
// back.
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
static void function(void) {
  __asm__ volatile("int3");
}
static int stop_of(pid_t child, int options) {
  int status = 0;
  CHECK(waitpid(child, &status, options) == child);
  say("%d stops with %#x\n", child, status);
  return status;
}
int main(void) {
  pid_t child = fork();
  if (child == 0) {
    struct timespec time = {0, 50000000};
    _exit(nanosleep(&time, NULL) == 0 ? 5 : 6);
  }
  usleep(20000);
  struct user_regs_struct before, call;
  CHECK(ptrace(PTRACE_SEIZE, child, 0, 0) == 0 && ptrace(PTRACE_INTERRUPT, child, 0, 0) == 0);
  CHECK(stop_of(child, 0) == (0x57f | 128 << 16));
  // Once more, of one that stands already: it is told when it goes on.
  CHECK(ptrace(PTRACE_INTERRUPT, child, 0, 0) == 0 && ptrace(PTRACE_CONT, child, 0, 0) == 0);
  CHECK(stop_of(child, 0) == (0x57f | 128 << 16));
  unsigned long message = 7;
  CHECK(ptrace(PTRACE_GETEVENTMSG, child, 0, &message) == 0 && message == 0);
  CHECK(ptrace(PTRACE_GETREGS, child, 0, &before) == 0);
  call = before;
  call.rsp = ((call.rsp - 1024) & ~15UL) - 8;
  call.rip = (unsigned long)function;
  call.orig_rax = ~0UL;
  CHECK(ptrace(PTRACE_SETREGS, child, 0, &call) == 0 && ptrace(PTRACE_CONT, child, 0, 0) == 0);
  while (stop_of(child, 0) != 0x57f) CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
  CHECK(ptrace(PTRACE_SETREGS, child, 0, &before) == 0 && ptrace(PTRACE_CONT, child, 0, 0) == 0);
  CHECK(WEXITSTATUS(stop_of(child, 0)) == 5);
  return 0;
}
