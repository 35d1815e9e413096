// execveat through a descriptor of a memfd: the program has no path at all.
#include "program.h"
int main(int argc, char** argv) {
  (void)argv;
  if (argc > 1) {
    say("running from memory as %d, main at %p\n", getpid(), (void*)main);
    return 0;
  }
  int from = open("/proc/self/exe", O_RDONLY);
  int memory = memfd_create("program", MFD_CLOEXEC);
  CHECK(from >= 0 && memory >= 0);
  char bytes[65536];
  for (ssize_t got; (got = read(from, bytes, sizeof bytes)) > 0;) CHECK(write(memory, bytes, got) == got);
  char* next[] = {"memory", "again", NULL};
  char* environment[] = {NULL};
  fexecve(memory, next, environment);
  CHECK(!"exec failed");
}
