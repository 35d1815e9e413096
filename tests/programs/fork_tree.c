// fork: a tree of processes four levels deep.
#include "program.h"
static int grow(int depth) {
  int ended = 0;
  for (int i = 0; i < 2 && depth > 0; ++i) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) _exit(grow(depth - 1));
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    ended += 1 + WEXITSTATUS(status);
  }
  say("%d at depth %d has had %d descendants\n", getpid(), depth, ended);
  return ended;
}
int main(void) {
  CHECK(grow(4) == 30);
  return 0;
}
