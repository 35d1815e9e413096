// A program that execs itself five times with growing arguments; the pid stays, the addresses change.
#include "program.h"
int main(int argc, char** argv) {
  say("pid %d, %d arguments, main at %p, stack at %p\n", getpid(), argc, (void*)main, (void*)&argc);
  if (argc == 6) return 0;
  char* next[10];
  for (int i = 0; i < argc; ++i) next[i] = argv[i];
  next[argc] = "more";
  next[argc + 1] = NULL;
  execv("/proc/self/exe", next);
  CHECK(!"exec failed");
}
