// Threads whose loops change nothing but floating-point registers while they wait for another one.
#include <pthread.h>

#include "program.h"
static volatile int go;
static void* sse(void* unused) {
  double x = 0;
  while (!go) x += 1;
  say("sse counted to %.0f\n", x);
  return unused;
}
static void* x87(void* unused) {
  long double x = 0;
  __asm__ volatile("fldz; 1: fld1; faddp; nopl 0(%%rax, %%rax); cmpl $0, %1; je 1b; fstpt %0"
                   : "=m"(x)
                   : "m"(go)
                   : "st");
  say("x87 counted to %.0Lf\n", x);
  return unused;
}
int main(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) CHECK(pthread_create(&threads[i], NULL, i % 2 ? x87 : sse, NULL) == 0);
  usleep(20000);
  go = 1;
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  return 0;
}
