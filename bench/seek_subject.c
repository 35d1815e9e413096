// Calls and computation by turns over memory that goes on changing: what bench/seek.py records. Arguments:
// how many events, about, and how many seconds of computation.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kPages = 8192, kPageSize = 4096, kCallsPerRound = 2000 };

int main(int argc, char** argv) {
  const long events = argc > 1 ? atol(argv[1]) : 2000000;
  const double seconds = argc > 2 ? atof(argv[2]) : 30;
  const long rounds = events / kCallsPerRound;
  // About 1.5 ns an iteration; the total is what matters, not the figure.
  const uint64_t iterations = (uint64_t)(seconds / 1.5e-9 / (rounds ? rounds : 1));
  uint64_t* memory = calloc(kPages, kPageSize);
  uint64_t x = 88172645463325252u;
  for (long round = 0; round < rounds; ++round) {
    for (uint64_t i = 0; i < iterations; ++i) {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
    }
    // A few hundred pages of 32 MB become others in each round.
    for (int i = 0; i < 300; ++i) {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      memory[x % (kPages * kPageSize / 8)] = x;
    }
    for (int i = 0; i < kCallsPerRound; ++i) syscall(SYS_getppid);
  }
  printf("%llu\n", (unsigned long long)x);
  return 0;
}
