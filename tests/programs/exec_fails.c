// execve that fails: the caller goes on unchanged.
#include "program.h"
int main(void) {
  char* argv[] = {"x", NULL};
  CHECK(execv("/no/such/program", argv) == -1 && errno == ENOENT);
  CHECK(execv("/etc", argv) == -1 && errno == EACCES);
  CHECK(execv("/etc/passwd", argv) == -1 && errno == EACCES);
  CHECK(execve((char*)8, argv, argv) == -1 && errno == EFAULT);
  say("still here: %d\n", getpid());
  return 0;
}
