// A thousand descriptors open at once.
#include <sys/resource.h>

#include "program.h"
int main(void) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  int want = limit.rlim_cur < 1000 ? (int)limit.rlim_cur - 10 : 990, last = 0;
  for (int i = 0; i < want; ++i) CHECK((last = i % 2 == 0 ? open("/dev/null", O_RDONLY) : dup(last)) >= 0);
  say("last is %d\n", last);
  for (int fd = 3; fd <= last; ++fd) CHECK(close(fd) == 0);
  return 0;
}
