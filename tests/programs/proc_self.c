// Files of /proc about oneself: exe, maps, status, cmdline, fd, comm.
#include "program.h"
int main(void) {
  char text[5000];
  ssize_t size = readlink("/proc/self/exe", text, sizeof text);
  CHECK(size > 0);
  say("%.*s\n", (int)size, text);
  const char* names[] = {"/proc/self/maps", "/proc/self/status", "/proc/self/cmdline", "/proc/self/comm",
                         "/proc/self/stat"};
  for (int i = 0; i < 5; ++i) {
    int fd = open(names[i], O_RDONLY);
    CHECK(fd >= 0);
    while ((size = read(fd, text, sizeof text)) > 0) CHECK(write(1, text, (size_t)size) == size);
    close(fd);
  }
  size = readlink("/proc/self/fd/1", text, sizeof text);
  say("\nstdout is %.*s\n", (int)size, text);
  return 0;
}
