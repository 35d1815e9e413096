// A child of vfork(2) that takes its time: its parent sleeps where nothing wakes it. Goes on for as many
// seconds as are given.
#include "program.h"

int main(int argc, char** argv) {
  const time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 0);
  do {
    const pid_t child = vfork();
    if (child == 0) {
      for (int i = 0; i < 20; ++i) {
        struct timespec now, pause = {0, 10000000};
        nanosleep(&pause, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
      }
      _exit(3);
    }
    CHECK(wait_for(child) == 3 << 8);
  } while (time(NULL) < end);
  return 0;
}
