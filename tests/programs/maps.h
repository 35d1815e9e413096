#pragma once

#include "program.h"

// Prints this process's /proc/self/maps behind a line "== maps PID LABEL", without touching the heap. The
// getpgid(2) call marks the event at which the mappings are as printed: the n-th one of a process belongs to
// its n-th section.
static inline void print_maps(const char* label) {
  static char text[1 << 16];
  size_t size = (size_t)snprintf(text, 100, "== maps %d %s\n", getpid(), label);
  int fd = open("/proc/self/maps", O_RDONLY);
  CHECK(fd >= 0);
  // From here to the last read nothing may touch the stack deeper than this call does.
  CHECK(syscall(SYS_getpgid, 0) >= 0);
  for (ssize_t got; (got = read(fd, text + size, sizeof text - size - 1)) > 0;) size += (size_t)got;
  close(fd);
  text[size++] = '\n';
  CHECK(write(1, text, size) == (ssize_t)size);
}
