// What /proc tells of a process that runs, sleeps, is stopped, is traced or has ended.
#include <sys/ptrace.h>

#include "program.h"

static char text[4096];

static const char* read_of(pid_t pid, const char* name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_RDONLY);
  CHECK(fd >= 0);
  size_t size = 0;
  for (ssize_t n; (n = read(fd, text + size, sizeof text - 1 - size)) > 0;) size += n;
  close(fd);
  text[size] = 0;
  return text;
}

static char state_of(pid_t pid) {
  const char* end = strrchr(read_of(pid, "stat"), ')');
  CHECK(end != NULL);
  return end[2];
}

static long field_of(pid_t pid, const char* field, int base) {
  const char* at = strstr(read_of(pid, "status"), field);
  CHECK(at != NULL);
  return strtol(at + strlen(field), NULL, base);
}

static void await(pid_t pid, char state) {
  for (int i = 0; i < 2000 && state_of(pid) != state; i++) usleep(5000);
  CHECK(state_of(pid) == state);
  char line[16];
  snprintf(line, sizeof line, "State:\t%c (", state);
  CHECK(strstr(read_of(pid, "status"), line) != NULL);
}

int main(void) {
  CHECK(state_of(getpid()) == 'R');
  CHECK(field_of(getpid(), "\nTracerPid:\t", 10) == 0);
  int ready[2];
  CHECK(pipe(ready) == 0);
  pid_t child = fork();
  if (child == 0) {
    raise(SIGSTOP);
    char c;
    CHECK(read(ready[0], &c, 1) == 1);
    _exit(4);
  }
  await(child, 'T');
  CHECK(field_of(child, "\nTracerPid:\t", 10) == 0);
  say("stopped\n");
  CHECK(kill(child, SIGCONT) == 0);
  await(child, 'S');
  CHECK(field_of(child, "\nSigBlk:\t", 16) == 0);
  say("asleep\n");
  CHECK(ptrace(PTRACE_ATTACH, child, 0, 0) == 0);
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
  await(child, 't');
  CHECK(field_of(child, "\nTracerPid:\t", 10) == getpid());
  CHECK(ptrace(PTRACE_DETACH, child, 0, 0) == 0);
  await(child, 'S');
  CHECK(field_of(child, "\nTracerPid:\t", 10) == 0);
  say("traced for a while\n");
  pid_t busy = fork();
  if (busy == 0)
    for (;;) getppid();
  for (int i = 0; i < 50; i++) CHECK(state_of(busy) == 'R');
  CHECK(kill(busy, SIGKILL) == 0 && waitpid(busy, &status, 0) == busy);
  say("busy\n");
  CHECK(write(ready[1], "x", 1) == 1);
  await(child, 'Z');
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 4);
}
