// A sandbox that ends whoever makes a call that is not on its list, in which calls are made that a recorder
// answers itself, and signals are handled. And one that has such calls raise SIGSYS.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/time.h>

#include "program.h"
#define COUNT(array) (sizeof(array) / sizeof *(array))
static void install(const int* calls, size_t count, unsigned listed, unsigned others) {
  struct sock_filter code[200];
  unsigned short length = 0;
  code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (size_t i = 0; i < count; ++i) {
    code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], 0, 1);
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed);
  }
  code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, others);
  struct sock_fprog program = {length, code};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
}
static volatile int handled, forbidden;
static void on_alarm(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  ++handled;
}
static void on_forbidden(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  forbidden = info->si_syscall;
}
static void in_allow_list(void) {
  static const int kAllowed[] = {SYS_read,         SYS_write, SYS_exit_group, SYS_sched_setaffinity,
                                 SYS_rt_sigreturn, SYS_kill,  SYS_getpid,     SYS_io_uring_setup,
                                 SYS_wait4,        SYS_clone, SYS_ptrace,     SYS_setitimer,
                                 SYS_rseq};
  cpu_set_t processors;
  CHECK(sched_getaffinity(0, sizeof processors, &processors) == 0);
  on_signal(SIGALRM, on_alarm, SA_RESTART);
  install(kAllowed, COUNT(kAllowed), SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS);
  CHECK(sched_setaffinity(0, sizeof processors, &processors) == 0);
  syscall(SYS_io_uring_setup, 0, NULL);
  syscall(SYS_rseq, NULL, 0, 0, 0);
  pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
  if (child == 0) {
    syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
    syscall(SYS_kill, syscall(SYS_getpid), SIGSTOP);
    syscall(SYS_exit_group, 3);
  }
  int status;
  CHECK(syscall(SYS_wait4, child, &status, 0, NULL) == child && WIFSTOPPED(status));
  CHECK(syscall(SYS_ptrace, PTRACE_CONT, child, 0, 0) == 0);
  CHECK(syscall(SYS_wait4, child, &status, 0, NULL) == child && WEXITSTATUS(status) == 3);
  // Signals come where it computes, and at calls.
  struct itimerval soon = {{0, 3000}, {0, 3000}};
  CHECK(syscall(SYS_setitimer, ITIMER_REAL, &soon, NULL) == 0);
  while (handled < 20) syscall(SYS_getpid);
  while (handled < 25) continue;
  syscall(SYS_exit_group, 0);
}
static void in_deny_list(void) {
  static const int kDenied[] = {SYS_sched_setaffinity, SYS_io_uring_setup, SYS_ptrace, SYS_mmap};
  on_signal(SIGSYS, on_forbidden, 0);
  install(kDenied, COUNT(kDenied), SECCOMP_RET_TRAP, SECCOMP_RET_ALLOW);
  for (size_t i = 0; i < COUNT(kDenied); ++i) {
    forbidden = 0;
    syscall(kDenied[i], 0, 4096, 0, 0, 0, 0);
    say("call %d is forbidden: %d\n", kDenied[i], forbidden);
    CHECK(forbidden == kDenied[i]);
  }
  _exit(0);
}
int main(void) {
  pid_t child = fork();
  if (child == 0) in_allow_list();
  CHECK(wait_for(child) == 0);
  child = fork();
  if (child == 0) in_deny_list();
  CHECK(wait_for(child) == 0);
  return 0;
}
