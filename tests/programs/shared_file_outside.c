// A MAP_SHARED file that a process without the mapping writes to.
#include "program.h"
int main(void) {
  char name[] = "/tmp/bygone-outside-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && ftruncate(fd, 4096) == 0);
  char* view = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
  CHECK(view != MAP_FAILED);
  pid_t pid = fork();
  if (pid == 0) {
    char command[200];
    snprintf(command, sizeof command, "printf written-by-%%s $$ 1<>%s", name);
    execl("/bin/sh", "sh", "-c", command, (char*)NULL);
    _exit(127);
  }
  CHECK(wait_for(pid) == 0);
  say("%.30s\n", view);
  CHECK(strncmp(view, "written-by-", 11) == 0);
  CHECK(unlink(name) == 0);
  return 0;
}
