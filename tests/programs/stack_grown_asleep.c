// A child's stack grows before a call that it sleeps in while others run.
#include "program.h"

__attribute__((noinline)) static void deep(void) {
  char b[1 << 20];
  memset(b, 1, sizeof b);
  __asm__ volatile("" ::"r"(b) : "memory");
  usleep(20000);
}

int main(void) {
  if (fork() == 0) {
    deep();
    _exit(0);
  }
  usleep(5000);
  say("meanwhile\n");
  wait(0);
  return 0;
}
