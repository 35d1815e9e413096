// clone: children that share memory or files without being threads.
#include <sched.h>

#include "program.h"
static volatile int seen;
static int child(void* argument) {
  seen = *(int*)argument;
  dup2(2, 77);
  return 5;
}
int main(void) {
  char* stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  CHECK(stack != MAP_FAILED);
  int gift = 11;
  pid_t pid = clone(child, stack + 65536, CLONE_VM | CLONE_FILES | SIGCHLD, &gift);
  CHECK(pid > 0);
  CHECK(WEXITSTATUS(wait_for(pid)) == 5);
  CHECK(seen == 11);
  CHECK(close(77) == 0);
  gift = 12;
  pid = clone(child, stack + 65536, SIGCHLD, &gift);
  CHECK(pid > 0);
  CHECK(WEXITSTATUS(wait_for(pid)) == 5);
  CHECK(seen == 11);
  CHECK(close(77) == -1 && errno == EBADF);
  return 0;
}
