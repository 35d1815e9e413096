// A thread that computes without end beside one that sleeps in a call, while the rest of the program sleeps:
// whoever is woken comes to its turn.
#include <pthread.h>

#include "program.h"
static int asked[2], answered[2];
static void* spin(void* unused) {
  for (;;) __asm__ volatile("");
  return unused;
}
static void* answer(void* unused) {
  char byte;
  CHECK(read(asked[0], &byte, 1) == 1);
  ++byte;
  CHECK(write(answered[1], &byte, 1) == 1);
  pause();
  return unused;
}
int main(void) {
  CHECK(pipe(asked) == 0 && pipe(answered) == 0);
  for (int round = 0; round < 2; ++round) {
    pid_t child = fork();
    if (child == 0) {
      pthread_t threads[2];
      pthread_create(&threads[0], NULL, answer, NULL);
      pthread_create(&threads[1], NULL, spin, NULL);
      for (;;) sleep(100);
    }
    struct timespec a_while = {0, 50000000};
    nanosleep(&a_while, NULL);
    char byte = (char)('K' + round);
    CHECK(write(asked[1], &byte, 1) == 1 && read(answered[0], &byte, 1) == 1);
    say("%c from %d\n", byte, child);
    CHECK(kill(child, round == 0 ? SIGKILL : SIGTERM) == 0);
    CHECK(WIFSIGNALED(wait_for(child)));
  }
  return 0;
}
