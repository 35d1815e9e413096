// Terabytes of address space with little memory in them, as sanitizers and managed heaps reserve it.
#include "program.h"
#define TERA (1ul << 40)
int main(void) {
  size_t size = 16 * TERA;
  char* memory = MAP_FAILED;
  for (; memory == MAP_FAILED && size > TERA / 4; size /= 2)
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(memory != MAP_FAILED);
  unsigned long sum = 0;
  for (size_t i = 0; i < 50; ++i) {
    memory[i * (size / 64)] = (char)(i + 1);
    struct timespec now;
    CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) == 0);
    sum += (unsigned long)now.tv_nsec + (unsigned long)memory[i / 2 * (size / 64)];
  }
  pid_t child = fork();
  if (child == 0) _exit(memory[49 * (size / 64)]);
  CHECK(WEXITSTATUS(wait_for(child)) == 50);
  say("%lu\n", sum);
  return 0;
}
