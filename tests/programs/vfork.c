// vfork: the child shares its parent's memory until it execs or exits.
#include "program.h"
static volatile int shared = 0;
int main(void) {
  pid_t pid = vfork();
  CHECK(pid >= 0);
  if (pid == 0) {
    shared = 42;
    _exit(3);
  }
  CHECK(shared == 42);
  CHECK(WEXITSTATUS(wait_for(pid)) == 3);
  pid = vfork();
  CHECK(pid >= 0);
  if (pid == 0) {
    execl("/bin/echo", "echo", "after vfork", (char*)NULL);
    _exit(127);
  }
  CHECK(wait_for(pid) == 0);
  return 0;
}
