// Threads that compute, sleep, read clocks and take turns at a lock, for as many seconds as the argument
// says.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { kThreads = 3 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long total;
static double until;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void* work(void* argument) {
  unsigned long mine = 0;
  double last = now();
  while (last < until) {
    for (volatile int i = 0; i < 2000; ++i) {
    }
    ++mine;
    pthread_mutex_lock(&lock);
    ++total;
    pthread_mutex_unlock(&lock);
    const struct timespec nap = {0, 1000000};
    nanosleep(&nap, NULL);
    const double next = now();
    if (next < last) abort();  // a clock that runs backwards
    last = next;
  }
  *(unsigned long*)argument = mine;
  return NULL;
}

int main(int argc, char** argv) {
  until = now() + (argc > 1 ? atof(argv[1]) : 0.05);
  pthread_t threads[kThreads];
  unsigned long counts[kThreads], sum = 0;
  for (int i = 0; i < kThreads; ++i)
    if (pthread_create(&threads[i], NULL, work, &counts[i]) != 0) return 1;
  for (int i = 0; i < kThreads; ++i) {
    pthread_join(threads[i], NULL);
    sum += counts[i];
  }
  printf("%s\n", sum == total && sum > 0 ? "all counted" : "lost count");
  return sum == total ? 0 : 1;
}
