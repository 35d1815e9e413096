// Random numbers from getrandom, /dev/urandom and the auxiliary vector's offspring.
#include <sys/random.h>

#include "program.h"
int main(void) {
  unsigned long values[4];
  for (int i = 0; i < 5; ++i) {
    CHECK(getrandom(values, sizeof values, 0) == sizeof values);
    say("%lx %lx %lx %lx\n", values[0], values[1], values[2], values[3]);
  }
  int fd = open("/dev/urandom", O_RDONLY);
  CHECK(fd >= 0 && read(fd, values, sizeof values) == sizeof values);
  say("%lx\n", values[3]);
  CHECK(getentropy(values, 8) == 0);
  say("%lx\n", values[0]);
  return 0;
}
