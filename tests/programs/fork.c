// fork: parent and child write to the same private memory and keep their own values.
#include "program.h"
static int value = 1;
int main(void) {
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    value = 2;
    say("child %d of %d: value at %p is %d\n", getpid(), getppid(), (void*)&value, value);
    _exit(7);
  }
  CHECK(WEXITSTATUS(wait_for(pid)) == 7);
  CHECK(value == 1);
  say("parent %d: value is %d\n", getpid(), value);
  return 0;
}
