// What nobody reads any more may be another in a replay: threads leave random numbers, which are not
// recorded, below their stack pointers, live on or end, and their stacks are inherited by children and by
// later threads.
#include <cpuid.h>
#include <pthread.h>

#include "program.h"

// Deeper than any later call reaches: a live frame may have holes that it never writes.
static void __attribute__((noinline)) scatter(void) {
  volatile uint64_t area[512 + 4096];
  for (int i = 0; i < 512; ++i)
    __asm__ volatile("1: rdrand %%rax\n\tjnc 1b\n\tmov %%rax, %0\n\txor %%eax, %%eax"
                     : "=m"(area[i])::"rax", "cc");
}
static pthread_barrier_t scattered, looked;
static void* live(void* argument) {
  scatter();
  pthread_barrier_wait(&scattered);
  pthread_barrier_wait(&looked);
  return argument;
}
static void* end(void* argument) {
  scatter();
  return argument;
}
static void* fork_and_end(void* argument) {
  scatter();
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 20; ++i) getppid();
    _exit(4);
  }
  CHECK(wait_for(child) == 4 << 8);
  return argument;
}
static void run(void* (*work)(void*)) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
}
int main(void) {
  unsigned a, b, c = 0, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_RDRND) == 0) {
    say("SKIPPED: this processor has no rdrand\n");
    return 0;
  }
  scatter();
  pthread_t threads[4];
  CHECK(pthread_barrier_init(&scattered, NULL, 5) == 0);
  CHECK(pthread_barrier_init(&looked, NULL, 5) == 0);
  for (int i = 0; i < 4; ++i) CHECK(pthread_create(&threads[i], NULL, live, NULL) == 0);
  pthread_barrier_wait(&scattered);
  for (int i = 0; i < 20; ++i) usleep(100);
  const pid_t child = fork();
  if (child == 0) {
    run(end);
    run(fork_and_end);
    for (int i = 0; i < 20; ++i) getppid();
    _exit(3);
  }
  CHECK(wait_for(child) == 3 << 8);
  pthread_barrier_wait(&looked);
  for (int i = 0; i < 4; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  for (int i = 0; i < 20; ++i) usleep(100);
  run(end);
  run(fork_and_end);
  say("%d\n", getpid());
  return 0;
}
