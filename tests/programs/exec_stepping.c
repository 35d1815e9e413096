// A program that steps itself (the trap flag) executes another.
#include <signal.h>

#include "program.h"

static void on_trap(int s) {
  (void)s;
}

int main(void) {
  signal(SIGTRAP, on_trap);
  if (fork() == 0) {
    char* words[] = {"/bin/true", 0};
    __asm__ volatile("pushf; orq $0x100,(%%rsp); popf" ::: "cc", "memory");
    syscall(SYS_execve, words[0], words, 0);
    _exit(1);
  }
  int status;
  wait(&status);
  say("%x\n", status);
  return 0;
}
