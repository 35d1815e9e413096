// A process that runs as somebody else grows its stack, starts programs, and has its limit set by its parent.
#include <sys/resource.h>

#include "program.h"

static int deep(int n) {
  volatile char page[4096];
  page[0] = (char)n;
  return n == 0 ? page[0] : deep(n - 1) + (page[0] & 1);
}

int main(void) {
  const int is_root = getuid() == 0;
  int ready[2], go[2];
  CHECK(pipe(ready) == 0 && pipe(go) == 0);
  const pid_t child = fork();
  if (child == 0) {
    if (is_root) CHECK(setgid(65534) == 0 && setuid(65534) == 0);
    say("as %d: %d\n", getuid(), deep(300));
    if (vfork() == 0) {
      execl("/bin/sh", "sh", "-c", "ulimit -s; exec true", NULL);
      _exit(1);
    }
    int status = 0;
    CHECK(wait(&status) > 0 && status == 0);
    char c = 'r';
    CHECK(write(ready[1], &c, 1) == 1 && read(go[0], &c, 1) == 1);
    const pid_t grandchild = fork();
    if (grandchild == 0) _exit(deep(600));
    CHECK(waitpid(grandchild, &status, 0) == grandchild);
    say("deep again: %#x\n", status);
    _exit(0);
  }
  char c;
  CHECK(read(ready[0], &c, 1) == 1);
  struct rlimit limit = {1 << 20, 1 << 20};
  const int set = prlimit(child, RLIMIT_STACK, &limit, NULL);
  say("limit set: %d\n", set);
  CHECK(write(go[1], &c, 1) == 1);
  CHECK(wait_for(child) == 0);
  return 0;
}
