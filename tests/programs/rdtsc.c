// rdtsc and rdtscp in loops: each value is printed or folded, and they grow.
#include <x86intrin.h>

#include "program.h"
int main(void) {
  unsigned core;
  uint64_t first = __rdtsc(), last = first, sum = 0;
  for (int i = 0; i < 100; ++i) {
    uint64_t now = i % 2 == 0 ? __rdtsc() : __rdtscp(&core);
    CHECK(now >= last);
    sum = sum * 31 + now;
    last = now;
  }
  say("from %llu to %llu, sum %#llx, core %u\n", (unsigned long long)first, (unsigned long long)last,
      (unsigned long long)sum, core);
  return 0;
}
