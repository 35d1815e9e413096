// SysV semaphores fought over by five processes.
#include <sys/sem.h>

#include "program.h"
int main(void) {
  int s = semget(IPC_PRIVATE, 1, 0600);
  semctl(s, 0, SETVAL, 1);
  int* n = mmap(0, 4096, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 5; i++)
    if (!fork()) {
      for (int k = 0; k < 20; k++) {
        struct sembuf b = {0, -1, SEM_UNDO};
        semop(s, &b, 1);
        int v = *n;
        getppid();
        *n = v + 1;
        b.sem_op = 1;
        semop(s, &b, 1);
      }
      _exit(0);
    }
  while (wait(0) > 0)
    ;
  say("%d\n", *n);
  CHECK(*n == 100);
  semctl(s, 0, IPC_RMID);
  return 0;
}
