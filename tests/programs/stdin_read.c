// Standard input read to its end, by this process and by a child before it.
#include "program.h"
int main(void) {
  pid_t pid = fork();
  if (pid == 0) {
    char byte;
    ssize_t got = read(0, &byte, 1);
    say("child read %zd\n", got);
    _exit(0);
  }
  CHECK(wait_for(pid) == 0);
  char text[1000];
  size_t total = 0;
  for (ssize_t got; (got = read(0, text, sizeof text)) > 0;) total += (size_t)got;
  say("%zu bytes more\n", total);
  return 0;
}
