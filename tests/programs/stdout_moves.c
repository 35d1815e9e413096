// Standard output under other numbers: dup, dup2, closed and reopened, through a child, by fdopen.
#include "program.h"
int main(void) {
  int copy = dup(1);
  CHECK(copy > 2 && dup2(1, 100) == 100);
  CHECK(write(copy, "through a copy\n", 15) == 15 && write(100, "through 100\n", 12) == 12);
  int null = open("/dev/null", O_WRONLY);
  CHECK(dup2(null, 1) == 1);
  say("nobody sees this\n");
  pid_t pid = fork();
  if (pid == 0) {
    CHECK(write(100, "from the child\n", 15) == 15);
    _exit(0);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && status == 0);
  CHECK(dup2(copy, 1) == 1);
  say("back again\n");
  CHECK(dup2(1, 2) == 2);
  CHECK(write(2, "errors to output\n", 17) == 17);
  FILE* file = fdopen(copy, "w");
  CHECK(file != NULL && fprintf(file, "buffered in %d\n", getpid()) > 0 && fclose(file) == 0);
  return 0;
}
