// execve of a #! script that this program has just written.
#include "program.h"
int main(void) {
  char name[] = "/tmp/bygone-script-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0);
  CHECK(dprintf(fd, "#!/bin/sh -e\necho script $0 runs as $$ with $1\nexit 3\n") > 0);
  CHECK(fchmod(fd, 0700) == 0);
  close(fd);
  pid_t pid = fork();
  if (pid == 0) {
    execl(name, name, "one argument", (char*)NULL);
    _exit(127);
  }
  CHECK(WEXITSTATUS(wait_for(pid)) == 3);
  CHECK(unlink(name) == 0);
  return 0;
}
