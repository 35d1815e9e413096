// A tracer makes up results of calls, among them what asks the kernel to begin a call again. It also looks at
// signals that wait, with room for some of them, and sets where calls are dispatched to.
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"

enum { kRestart = 512, kSetUserDispatch = 0x4210, kGetUserDispatch = 0x4211 };

static void traced(void) {
  CHECK(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
  sigset_t some;
  sigemptyset(&some);
  for (int i = 0; i < 3; i++) sigaddset(&some, SIGRTMIN + i);
  CHECK(sigprocmask(SIG_BLOCK, &some, NULL) == 0);
  raise(SIGSTOP);
  for (int i = 0; i < 3; i++) CHECK(raise(SIGRTMIN + i) == 0);
  long result = syscall(SYS_getppid);
  CHECK(result == -1 && errno == kRestart);
  CHECK(getuid() == 0 || getuid() > 0);
  raise(SIGSTOP);
  CHECK(syscall(SYS_getppid) > 0);
  _exit(3);
}

static void look_at_signals(pid_t child) {
  long page = sysconf(_SC_PAGESIZE);
  char* at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(at != MAP_FAILED && mprotect(at + page, page, PROT_READ) == 0);
  struct __ptrace_peeksiginfo_args which = {0, 0, 3};
  siginfo_t* found = (siginfo_t*)(at + page) - 2;
  CHECK(ptrace(PTRACE_PEEKSIGINFO, child, &which, found) == 2);
  CHECK(found[0].si_signo == SIGRTMIN && found[1].si_signo == SIGRTMIN + 1);
  CHECK(ptrace(PTRACE_PEEKSIGINFO, child, &which, at + page) == -1 && errno == EFAULT);
  CHECK(ptrace(PTRACE_PEEKSIGINFO, child, &which, at) == 3);
}

static void dispatch(pid_t child) {
  struct {
    unsigned long mode, selector, offset, length;
  } set = {0, 0, 0, 0}, got = {7, 7, 7, 7};
  CHECK(ptrace(kGetUserDispatch, child, sizeof got, &got) == 0 && got.mode == 0);
  static char selector;
  set.mode = 1, set.selector = (unsigned long)&selector, set.offset = 0x1000, set.length = 0x1000;
  CHECK(ptrace(kSetUserDispatch, child, sizeof set, &set) == 0);
  CHECK(ptrace(kGetUserDispatch, child, sizeof got, &got) == 0);
  CHECK(got.mode == 1 && got.selector == set.selector && got.offset == 0x1000 && got.length == 0x1000);
  CHECK(ptrace(kSetUserDispatch, child, 1, &set) == -1 && errno == EINVAL);
}

int main(void) {
  pid_t child = fork();
  if (child == 0) traced();
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
  CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD) == 0);
  for (int stops = 0;; stops++) {
    CHECK(ptrace(PTRACE_SYSCALL, child, 0, 0) == 0);
    CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
    if (WSTOPSIG(status) == SIGSTOP) break;
    CHECK(WSTOPSIG(status) == (SIGTRAP | 0x80));
    struct user_regs_struct registers;
    CHECK(ptrace(PTRACE_GETREGS, child, 0, &registers) == 0);
    if (registers.orig_rax != SYS_getppid || registers.rax == (unsigned long)-ENOSYS) continue;
    registers.rax = -kRestart;
    CHECK(ptrace(PTRACE_SETREGS, child, 0, &registers) == 0);
    say("made up\n");
  }
  look_at_signals(child);
  dispatch(child);
  CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
  say("ended with %d\n", WEXITSTATUS(status));
}
