// futex: requeue, cmp_requeue_pi, wake_op, waitv, futex2 wake/wait/requeue, PI lock with timeouts,
// wait_bitset clockrt.
#include <linux/futex.h>
#include <pthread.h>

#include "program.h"
static uint32_t a, b, pi;
static volatile int awake;  // threads that wait no more
static long fx(void* u, int op, int v, void* t, void* u2, int v3) {
  return syscall(SYS_futex, u, op, v, t, u2, v3);
}
static void* w(void* x) {
  long r = fx(&a, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0);
  say("woke %ld\n", r);
  __atomic_add_fetch(&awake, 1, __ATOMIC_SEQ_CST);
  return 0;
}
static void* wp(void* x) {
  long r = fx(&a, FUTEX_WAIT_REQUEUE_PI, 0, 0, &pi, 0);
  say("pi woke %ld owner %d\n", r, (pi & FUTEX_TID_MASK) == (unsigned)syscall(SYS_gettid));
  if (!r) fx(&pi, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  return 0;
}
struct wv {
  uint64_t val, uaddr;
  uint32_t flags, res;
};
static void* wv(void* x) {
  struct wv v[2] = {{0, (uint64_t)&a, 2 | 128, 0}, {0, (uint64_t)&b, 2 | 128, 0}};
  long r = syscall(449, v, 2, 0, 0, CLOCK_MONOTONIC);
  say("waitv %ld %d\n", r, r < 0 ? errno : 0);
  __atomic_add_fetch(&awake, 1, __ATOMIC_SEQ_CST);
  return 0;
}
int main(void) {
  pthread_t t[3];
  for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, w, 0);
  usleep(3000);
  long r = fx(&a, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void*)2, &b, 0);
  say("requeued %ld\n", r);
  usleep(1000);
  r = fx(&b, FUTEX_WAKE_PRIVATE, 9, 0, 0, 0);
  say("wake %ld\n", r);
  for (; awake < 3; usleep(500)) {  // some may have come late
    fx(&a, FUTEX_WAKE_PRIVATE, 9, 0, 0, 0);
    fx(&b, FUTEX_WAKE_PRIVATE, 9, 0, 0, 0);
  }
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  pthread_create(&t[0], 0, wv, 0);
  usleep(2000);
  r = fx(&b, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
  say("%ld\n", r);
  for (; awake < 4; usleep(500)) fx(&b, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
  pthread_join(t[0], 0);
  r = fx(&a, FUTEX_WAKE_OP_PRIVATE, 1, (void*)1, &b, FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0));
  say("wake_op %ld b %u\n", r, b);
  b = 0;
  pi = 0;
  r = fx(&pi, FUTEX_LOCK_PI, 0, 0, 0, 0);
  say("lock %ld %d\n", r, pi == (unsigned)syscall(SYS_gettid));
  pthread_create(&t[0], 0, wp, 0);
  usleep(2000);
  while ((r = fx(&a, FUTEX_CMP_REQUEUE_PI, 1, (void*)1, &pi, 0)) == 0) usleep(500);
  say("requeue_pi %ld %d\n", r, r < 0 ? errno : 0);
  usleep(1000);
  r = fx(&pi, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
  say("unlock %ld\n", r);
  pthread_join(t[0], 0);
  say("pi %u\n", pi);
  struct timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  ts.tv_nsec += 2000000;
  if (ts.tv_nsec > 999999999) ts.tv_sec++, ts.tv_nsec -= 1000000000;
  r = fx(&a, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &ts, 0, 4);
  say("bitset %ld %d\n", r, errno);
  r = syscall(454, &a, ~0ul, 1, 2 | 128);
  say("futex_wake %ld\n", r);
  clock_gettime(CLOCK_MONOTONIC, &ts);
  r = syscall(455, &a, 0ul, ~0ul, 2 | 128, &ts, CLOCK_MONOTONIC);
  say("futex_wait %ld %d\n", r, errno);
  r = fx(&pi, FUTEX_TRYLOCK_PI, 0, 0, 0, 0);
  say("try %ld\n", r);
  r = fx(&pi, FUTEX_LOCK_PI, 0, 0, 0, 0);
  say("deadlock %ld %d\n", r, errno);
}
