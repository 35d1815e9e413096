// Processors and policies that are asked for are told again; a real-time thread that computes stops nobody.
#include <pthread.h>
#include <sched.h>

#include "program.h"
static volatile int go;
static void* compute(void* unused) {
  struct sched_param wanted = {.sched_priority = 50}, told;
  int policy;
  const int refused = pthread_setschedparam(pthread_self(), SCHED_FIFO, &wanted);
  CHECK(refused == 0 || refused == EPERM);
  if (refused == 0) {
    CHECK(pthread_getschedparam(pthread_self(), &policy, &told) == 0);
    CHECK(policy == SCHED_FIFO && told.sched_priority == 50 && sched_getscheduler(0) == SCHED_FIFO);
    wanted.sched_priority = 20;
    CHECK(sched_setparam(0, &wanted) == 0 && sched_getparam(0, &told) == 0 && told.sched_priority == 20);
    wanted.sched_priority = 200;
    CHECK(sched_setparam(0, &wanted) == -1 && errno == EINVAL);
  }
  long rounds = 0;
  while (!go) ++rounds;
  say("%ld rounds\n", rounds);
  return unused;
}
int main(void) {
  cpu_set_t all, set;
  CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
  int first = 0;
  while (!CPU_ISSET(first, &all)) ++first;
  CPU_ZERO(&set);
  CPU_SET(first, &set);
  CHECK(sched_setaffinity(0, sizeof set, &set) == 0 && sched_getaffinity(0, sizeof set, &set) == 0);
  CHECK(CPU_COUNT(&set) == 1 && CPU_ISSET(first, &set) && sched_getcpu() == first);
  CPU_ZERO(&set);
  CHECK(sched_setaffinity(0, sizeof set, &set) == -1 && errno == EINVAL);
  CHECK(syscall(SYS_sched_setaffinity, 0, 8, 8L) == -1 && errno == EFAULT);
  CHECK(sched_setaffinity(0x7ffffff0, sizeof all, &all) == -1 && errno == ESRCH);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, compute, NULL) == 0);
  usleep(10000);
  go = 1;
  pthread_join(thread, NULL);
  return 0;
}
