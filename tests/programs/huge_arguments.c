// exec with a megabyte of arguments and environment.
#include "program.h"
int main(int argc, char** argv, char** environ_) {
  if (argc > 100) {
    unsigned sum = 0;
    for (int i = 0; i < argc; ++i)
      for (const char* at = argv[i]; *at; ++at) sum = sum * 31 + (unsigned char)*at;
    int count = 0;
    for (char** each = environ_; *each; ++each) ++count;
    say("%d arguments, sum %#x, %d in the environment, at %p\n", argc, sum, count, (void*)argv);
    return 0;
  }
  char** arguments = calloc(8001, sizeof *arguments);
  char** environment = calloc(501, sizeof *environment);
  for (int i = 0; i < 8000; ++i) CHECK(asprintf(&arguments[i], "argument number %d%0100d", i, i) > 0);
  for (int i = 0; i < 500; ++i) CHECK(asprintf(&environment[i], "NAME%d=%0200d", i, i) > 0);
  execve("/proc/self/exe", arguments, environment);
  CHECK(!"exec failed");
}
