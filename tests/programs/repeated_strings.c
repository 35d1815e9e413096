// Nearly all time goes into string instructions that repeat themselves millions of times; another thread
// comes to its turn all the same.
#include <pthread.h>

#include "program.h"
#define SIZE (16u << 20)
static volatile int turns;
static void* take_turns(void* unused) {
  for (; turns < 4; ++turns) usleep(100);
  return unused;
}
static void copy(char* to, const char* from, size_t size) {
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}
int main(void) {
  char* memory = malloc(2 * SIZE);
  CHECK(memory != NULL);
  memset(memory, 'm', SIZE);
  pthread_t other;
  CHECK(pthread_create(&other, NULL, take_turns, NULL) == 0);
  long copies = 0;
  for (; turns < 4; ++copies) copy(memory + SIZE, memory, SIZE);
  CHECK(pthread_join(other, NULL) == 0 && memory[2 * SIZE - 1] == 'm');
  say("%ld copies\n", copies);
  return 0;
}
