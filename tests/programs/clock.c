// Clocks in loops: clock_gettime of every clock, gettimeofday, time, clock_getres.
#include <sys/time.h>

#include "program.h"
int main(void) {
  const clockid_t clocks[] = {CLOCK_REALTIME,          CLOCK_MONOTONIC,     CLOCK_PROCESS_CPUTIME_ID,
                              CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
                              CLOCK_BOOTTIME};
  for (int i = 0; i < 50; ++i) {
    struct timespec now;
    CHECK(clock_gettime(clocks[i % 7], &now) == 0);
    say("clock %d: %ld.%09ld\n", (int)clocks[i % 7], (long)now.tv_sec, now.tv_nsec);
  }
  struct timeval day;
  struct timespec resolution;
  CHECK(gettimeofday(&day, NULL) == 0 && clock_getres(CLOCK_MONOTONIC, &resolution) == 0);
  say("day %ld.%06ld time %ld resolution %ld\n", (long)day.tv_sec, (long)day.tv_usec, (long)time(NULL),
      resolution.tv_nsec);
  return 0;
}
