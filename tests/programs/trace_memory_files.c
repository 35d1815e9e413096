// A tracer writes into its tracee by /proc/PID/mem and process_vm_writev(2).
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "program.h"
static volatile int v = 3;
int main() {
  pid_t p = fork();
  if (!p) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    _exit(v);
  }
  int s;
  CHECK(p == waitpid(p, &s, 0));
  char f[64];
  sprintf(f, "/proc/%d/mem", p);
  int fd = open(f, O_RDWR);
  int x = 0;
  CHECK(pread(fd, &x, 4, (off_t)&v) == 4 && x == 3);
  x = 8;
  CHECK(pwrite(fd, &x, 4, (off_t)&v) == 4);
  struct iovec l = {&x, 4}, r = {(void*)&v, 4};
  CHECK(process_vm_readv(p, &l, 1, &r, 1, 0) == 4);
  x = 44;
  CHECK(process_vm_writev(p, &l, 1, &r, 1, 0) == 4);
  ptrace(PTRACE_CONT, p, 0, 0);
  CHECK(p == waitpid(p, &s, 0));
  CHECK(WEXITSTATUS(s) == 44);
  return 0;
}
