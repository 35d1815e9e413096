// rt_sigreturn with a frame that is none kills with SIGSEGV.
#include "program.h"
int main(void) {
  pid_t p = fork();
  if (!p) {
    asm volatile("mov $0,%%rsp; mov $15,%%eax; syscall" ::: "memory");
    _exit(0);
  }
  CHECK(WTERMSIG(wait_for(p)) == SIGSEGV);
  p = fork();
  if (!p) {
    stack_t s = {(void*)0x1000, 0, 65536};
    sigaltstack(&s, 0);
    struct sigaction a = {0};
    a.sa_handler = (void*)1;
    a.sa_flags = SA_ONSTACK;
    a.sa_handler = (void*)abort;
    sigaction(SIGUSR1, &a, 0);
    raise(SIGUSR1);
    _exit(0);
  }
  CHECK(WTERMSIG(wait_for(p)) == SIGSEGV);
  p = fork();
  if (!p) {
    signal(SIGUSR1, (void*)0x123450);
    raise(SIGUSR1);
    _exit(0);
  }
  CHECK(WTERMSIG(wait_for(p)) == SIGSEGV);
  p = fork();
  if (!p) {
    asm volatile("mov $0x123,%%rsp\n call *%0" ::"r"(abort));
  }
  CHECK(WTERMSIG(wait_for(p)) == SIGSEGV);
  return 0;
}
