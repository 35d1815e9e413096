// a shared file mapping whose file grows and shrinks; SIGBUS beyond its end.
#include <setjmp.h>

#include "program.h"
static sigjmp_buf jb;
static void h(int s, siginfo_t* i, void* u) {
  say("bus %p\n", i->si_addr);
  siglongjmp(jb, 1);
}
int main(void) {
  char n[] = "/tmp/fgsXXXXXX";
  int fd = mkstemp(n);
  unlink(n);
  on_signal(SIGBUS, h, 0);
  char* p = mmap(0, 16384, 3, MAP_SHARED, fd, 0);
  CHECK(p != MAP_FAILED);
  if (!sigsetjmp(jb, 1)) {
    p[0] = 1;
    CHECK(0);
  }
  CHECK(ftruncate(fd, 8192) == 0);
  p[0] = 'a';
  p[5000] = 'b';
  if (!sigsetjmp(jb, 1)) {
    p[8192] = 1;
    CHECK(0);
  }
  CHECK(ftruncate(fd, 16384) == 0);
  CHECK(p[0] == 'a' && p[5000] == 'b' && p[9000] == 0);
  p[9000] = 'c';
  CHECK(ftruncate(fd, 100) == 0);
  if (!sigsetjmp(jb, 1)) {
    (void)*(volatile char*)(p + 5000);
    CHECK(0);
  }
  CHECK(p[0] == 'a');
  CHECK(ftruncate(fd, 16384) == 0);
  CHECK(p[5000] == 0 && p[9000] == 0);
  say("%d\n", p[0]);
  return 0;
}
