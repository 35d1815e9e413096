// 8 MiB of output in pieces of every size.
#include "program.h"
int main(void) {
  static char block[70000];
  for (size_t i = 0; i < sizeof block; ++i) block[i] = (char)(i % 61 == 60 ? '\n' : 'A' + i % 61 % 26);
  size_t done = 0;
  for (size_t size = 1; done < 8 << 20; size = size * 3 % 70001) {
    for (size_t at = 0; at < size;) {
      ssize_t written = write(1, block + at, size - at);
      CHECK(written > 0);
      at += (size_t)written;
    }
    done += size;
  }
  return 0;
}
