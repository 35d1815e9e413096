// Call numbers that do not exist, the x32 range, and those that newer kernels answer with SIGILL.
#include "program.h"
int main(void) {
  const long numbers[] = {-1, -2, 500, 512, 546, 1000, 0x40000000, 0x40000001, 0x7fffffff, 423, 479};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    errno = 0;
    const long result = syscall(numbers[i], 1, 2, 3, 4, 5, 6);
    say("%lx: %ld, errno %d\n", numbers[i], result, errno);
  }
  for (long number = 335; number <= 336; number++) {
    pid_t pid = fork();
    if (pid == 0) {
      say("%ld: %ld\n", number, syscall(number, 1, 2, 3, 4, 5, 6));
      _exit(0);
    }
    wait_for(pid);
  }
  return 0;
}
