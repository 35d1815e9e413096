// A filter has the tracer decide on calls: one is let pass, one changed, one called off; without a tracer it
// is ENOSYS.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "program.h"
static void filter_getppid(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 77), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {4, filter};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}
int main(void) {
  pid_t child = fork();
  if (child == 0) {
    CHECK(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
    raise(SIGSTOP);
    filter_getppid();
    CHECK(syscall(SYS_getppid) == getppid() || errno == 0);
    long changed = syscall(SYS_getppid);
    long off = syscall(SYS_getppid);
    say("changed %ld, called off %ld\n", changed, off);
    CHECK(changed == getpid());
    _exit(off == 4321 ? 0 : 1);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP) == 0);
  int stops = 0;
  for (;;) {
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    CHECK(waitpid(child, &status, 0) == child);
    if (!WIFSTOPPED(status)) break;
    CHECK(status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8));
    unsigned long data;
    CHECK(ptrace(PTRACE_GETEVENTMSG, child, 0, &data) == 0);
    CHECK(data == 77);
    struct user_regs_struct registers;
    CHECK(ptrace(PTRACE_GETREGS, child, 0, &registers) == 0);
    CHECK(registers.orig_rax == SYS_getppid);
    ++stops;
    if (stops == 3) registers.orig_rax = SYS_getpid;
    if (stops == 4) registers.orig_rax = -1, registers.rax = 4321;
    if (stops > 2) CHECK(ptrace(PTRACE_SETREGS, child, 0, &registers) == 0);
  }
  CHECK(status == 0);
  say("%d stops\n", stops);
  child = fork();
  if (child == 0) {
    filter_getppid();
    _exit(syscall(SYS_getppid) == -1 && errno == ENOSYS ? 0 : 1);
  }
  CHECK(wait_for(child) == 0);
  return 0;
}
