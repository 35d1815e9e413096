// A thread executes a program while vfork children of others live on in the old address space.
#include <pthread.h>

#include "program.h"

static void* make_child(void* a) {
  if (vfork() == 0) {
    struct timespec t = {0, 50000000};
    syscall(SYS_nanosleep, &t, 0);
    _exit(0);
  }
  return a;
}
static void* execute(void* a) {
  struct timespec t = {0, 15000000};
  nanosleep(&t, 0);
  execl("/proc/self/exe", "x", "executed", NULL);
  return a;
}

int main(int argc, char** argv) {
  if (argc > 1) _exit(21);
  for (int round = 0; round < 3; round++) {
    int status;
    if (fork() == 0) {
      pthread_t t;
      for (int i = 0; i < 3; i++) pthread_create(&t, 0, make_child, 0);
      pthread_create(&t, 0, execute, 0);
      for (;;) pause();
    }
    wait(&status);
    say("%x\n", status);
  }
  struct timespec t = {0, 80000000};
  nanosleep(&t, 0);
  return 0;
}
