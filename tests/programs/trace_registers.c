// Register sets; vector registers changed.
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "program.h"
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    float f[4] = {1, 2, 3, 4}, g[4];
    __asm__ volatile("movups %1,%%xmm7; mov $39,%%eax; mov $0xcc,%%ecx; int3; movups %%xmm7,%0"
                     : "=m"(g)
                     : "m"(f)
                     : "rax", "rcx", "xmm7");
    say("%f %f\n", g[0], g[3]);
    _exit(0);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  struct user_fpregs_struct fp;
  struct iovec v = {&fp, sizeof fp};
  CHECK(0 == ptrace(PTRACE_GETREGSET, p, NT_PRFPREG, &v));
  CHECK(v.iov_len == sizeof fp);
  float* x = (float*)(fp.xmm_space + 7 * 4);
  say("%f\n", x[1]);
  x[0] = 100;
  x[3] = 300;
  CHECK(0 == ptrace(PTRACE_SETREGSET, p, NT_PRFPREG, &v));
  struct user_regs_struct r;
  v.iov_base = &r;
  v.iov_len = sizeof r;
  CHECK(0 == ptrace(PTRACE_GETREGSET, p, NT_PRSTATUS, &v));
  char big[8192];
  v.iov_base = big;
  v.iov_len = sizeof big;
  CHECK(0 == ptrace(PTRACE_GETREGSET, p, NT_X86_XSTATE, &v));
  say("%zu\n", v.iov_len);
  ptrace(PTRACE_CONT, p, 0, 0);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(s == 0);
  return 0;
}
