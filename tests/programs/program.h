#pragma once

// What the programs of this folder share. They print what differs from run to run (addresses, times, pids),
// so that a replay that shows the same text has proved something, and end with status 0 only if the kernel
// behaved.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// One write(2) each, so that lines of several processes do not mix and nothing is printed twice after a fork.
#define say(...) dprintf(1, __VA_ARGS__)

#define CHECK(condition)                                                                        \
  do {                                                                                          \
    if (!(condition)) {                                                                         \
      dprintf(2, "%s:%d: not so: %s (errno %d)\n", __FILE_NAME__, __LINE__, #condition, errno); \
      _exit(1);                                                                                 \
    }                                                                                           \
  } while (0)

#ifndef __FILE_NAME__
#define __FILE_NAME__ __FILE__
#endif

// Waits for `pid` and says how it ended.
static inline int wait_for(pid_t pid) {
  int status = 0;
  CHECK(waitpid(pid, &status, 0) == pid);
  say("child %d ended with status %#x\n", pid, status);
  return status;
}

static inline void on_signal(int number, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  CHECK(sigaction(number, &action, NULL) == 0);
}
