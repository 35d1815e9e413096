// Resource limits read, set and inherited: a larger stack for the next program, few descriptors.
#include <sys/resource.h>

#include "program.h"
__attribute__((noinline)) static int deeper(int depth) {
  volatile char block[10000];
  block[depth % 10000] = 1;
  return depth == 0 ? 0 : deeper(depth - 1) + block[depth % 10000];
}
int main(int argc, char** argv) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_STACK, &limit) == 0);
  say("stack limit %lu\n", (unsigned long)limit.rlim_cur);
  if (argc > 1) {
    CHECK(limit.rlim_cur == 12 << 20);
    CHECK(deeper(1000) == 1000);
    struct rlimit few = {20, 20};
    CHECK(prlimit(0, RLIMIT_NOFILE, &few, NULL) == 0);
    int last = -1;
    for (int fd; (fd = dup(1)) >= 0;) last = fd;
    CHECK(errno == EMFILE && last == 19);
    return 0;
  }
  limit.rlim_cur = 12 << 20;
  CHECK(setrlimit(RLIMIT_STACK, &limit) == 0);
  execl("/proc/self/exe", argv[0], "again", (char*)NULL);
  CHECK(!"exec failed");
}
