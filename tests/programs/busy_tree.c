// A process with children and a grandchild that count in shared memory and have short-lived children of their
// own, for as many seconds as the argument says.
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kChildren = 3 };
static double until;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void expect(pid_t child, int status) {
  int got = 0;
  if (waitpid(child, &got, 0) != child || !WIFEXITED(got) || WEXITSTATUS(got) != status) abort();
}

static void work(volatile unsigned long* counter, int has_children) {
  const struct timespec nap = {0, 1000000};
  while (now() < until) {
    if (++*counter % 10 == 0 && has_children) {
      const int status = (int)(*counter / 10 % 100);
      const pid_t child = fork();
      if (child == 0) _exit(status);
      expect(child, status);
    }
    nanosleep(&nap, NULL);
  }
}

int main(int argc, char** argv) {
  until = now() + (argc > 1 ? atof(argv[1]) : 0.05);
  volatile unsigned long* counters =
      mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (counters == MAP_FAILED) abort();
  pid_t children[kChildren];
  for (int i = 0; i < kChildren; ++i) {
    children[i] = fork();
    if (children[i] != 0) continue;
    const pid_t grandchild = i == 0 ? fork() : -1;
    work(&counters[grandchild == 0 ? kChildren : i], grandchild != 0);
    if (grandchild > 0) expect(grandchild, 9);
    _exit(grandchild == 0 ? 9 : i);
  }
  for (int i = 0; i < kChildren; ++i) expect(children[i], i);
  for (int i = 0; i <= kChildren; ++i)
    if (counters[i] == 0) abort();
  puts("all counted");
  return 0;
}
