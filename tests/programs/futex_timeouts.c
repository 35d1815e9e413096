// futex(2) directly: wait with relative and absolute timeouts, wrong value, wake, requeue, wait_bitset.
#include <linux/futex.h>
#include <pthread.h>

#include "program.h"
static uint32_t word, other;
static long futex(uint32_t* at, int call, uint32_t value, const void* more, uint32_t* second,
                  uint32_t third) {
  return syscall(SYS_futex, at, call, value, more, second, third);
}
static void* waiter(void* argument) {
  while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 0) futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
  return argument;
}
int main(void) {
  struct timespec timeout = {0, 5000000};
  CHECK(futex(&word, FUTEX_WAIT_PRIVATE, 0, &timeout, NULL, 0) == -1 && errno == ETIMEDOUT);
  CHECK(futex(&word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0) == -1 && errno == EAGAIN);
  struct timespec until;
  CHECK(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
  until.tv_nsec += 5000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec += 1, until.tv_nsec -= 1000000000;
  CHECK(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, &until, NULL, ~0u) == -1 && errno == ETIMEDOUT);
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) CHECK(pthread_create(&threads[i], NULL, waiter, NULL) == 0);
  usleep(10000);
  long moved = futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void*)5, &other, 0);
  __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
  long woken = futex(&word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0) +
               futex(&other, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0);
  say("moved %ld, woke %ld\n", moved, woken);
  for (int i = 0; i < 3; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  return 0;
}
