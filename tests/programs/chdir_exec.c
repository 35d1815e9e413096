// chdir and a relative exec: a copy of this program run by the name "./copy" from a directory that goes away.
#include "program.h"
int main(int argc, char** argv) {
  char text[200];
  if (argc > 1) {
    CHECK(getcwd(text, sizeof text) != NULL);
    say("%s in %s\n", argv[0], text);
    return 0;
  }
  char folder[] = "/tmp/bygone-chdir-XXXXXX";
  CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0);
  int from = open("/proc/self/exe", O_RDONLY), to = open("copy", O_CREAT | O_WRONLY, 0700);
  char bytes[65536];
  for (ssize_t got; (got = read(from, bytes, sizeof bytes)) > 0;) CHECK(write(to, bytes, (size_t)got) == got);
  close(to);
  pid_t pid = fork();
  if (pid == 0) {
    execl("./copy", "./copy", "again", (char*)NULL);
    _exit(127);
  }
  CHECK(wait_for(pid) == 0);
  CHECK(unlink("copy") == 0 && chdir("/") == 0 && rmdir(folder) == 0);
  return 0;
}
