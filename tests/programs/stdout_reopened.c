// Output through /dev/stdout, /dev/stderr and /proc/self/fd: other open files of the same pipe or terminal.
#include <fcntl.h>

#include "program.h"

int main(void) {
  // A file has a position, and another one for whoever opens it again.
  struct stat out;
  if (fstat(1, &out) != 0 || S_ISREG(out.st_mode)) return 0;
  const char* names[] = {"/dev/stdout", "/dev/stderr", "/proc/self/fd/1", "/proc/self/fd/2"};
  for (int i = 0; i < 4; i++) {
    int f = open(names[i], O_WRONLY | O_APPEND);
    if (f < 0) continue;
    dprintf(f, "through %s\n", names[i]);
    close(f);
  }
  return system("echo shell >>/dev/stdout");
}
