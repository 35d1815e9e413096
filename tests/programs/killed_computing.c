// A child that computes without a single system call until its parent kills it.
#include "program.h"
int main(void) {
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    for (volatile unsigned long i = 0;; ++i) continue;
  }
  usleep(30000);
  CHECK(kill(pid, SIGKILL) == 0);
  CHECK(WTERMSIG(wait_for(pid)) == SIGKILL);
  return 0;
}
