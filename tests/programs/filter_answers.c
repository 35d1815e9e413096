// A filter that answers calls as if they had been made, or stops them with a signal.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>

#include "program.h"

static int seen;
static void on_sys(int s, siginfo_t* info, void* c) {
  (void)s;
  (void)c;
  seen = info->si_syscall;
}

static void filter(unsigned call, unsigned answer) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, answer), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {4, code};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void try(unsigned call, unsigned answer) {
  if (fork() == 0) {
    struct sigaction action = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
    sigaction(SIGSYS, &action, 0);
    char* p = mmap(0, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(p, 'k', 16384);
    filter(call, answer);
    long r = 0;
    if (call == SYS_munmap) r = syscall(call, p, 4096);
    if (call == SYS_mprotect) r = syscall(call, p, 4096, PROT_NONE);
    if (call == SYS_mremap) r = syscall(call, p, 4096, 8192, MREMAP_MAYMOVE);
    if (call == SYS_brk) r = syscall(call, (char*)sbrk(0) + 8192);
    if (call == SYS_mmap) r = syscall(call, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (call == SYS_getppid) r = syscall(call);
    p[1] = 'x';
    say("%u %x: %ld %d %c%c\n", call, answer, r, seen, p[0], p[1]);
    syscall(SYS_exit_group, 0);
  }
  wait(0);
}

int main(void) {
  const unsigned calls[] = {SYS_munmap, SYS_mprotect, SYS_mremap, SYS_brk, SYS_mmap, SYS_getppid};
  const unsigned answers[] = {SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_TRAP,
                              SECCOMP_RET_TRACE};
  for (unsigned c = 0; c < 6; c++)
    for (unsigned a = 0; a < 4; a++) try(calls[c], answers[a]);
  // A write that a signal takes the place of: what it returns looks like a byte written.
  if (fork() == 0) {
    struct sigaction action = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
    sigaction(SIGSYS, &action, 0);
    filter(SYS_write, SECCOMP_RET_TRAP);
    long r = write(1, "never shown\n", 12);
    _exit(r == SYS_write && seen == SYS_write ? 3 : 4);
  }
  int status;
  wait(&status);
  say("%x\n", status);
  return 0;
}
