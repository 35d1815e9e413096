// System V shared memory: attached twice in one process and once in its child.
#include <sys/ipc.h>
#include <sys/shm.h>

#include "program.h"
int main(void) {
  int id = shmget(IPC_PRIVATE, 8192, IPC_CREAT | 0600);
  CHECK(id >= 0);
  volatile int* one = shmat(id, NULL, 0);
  volatile int* two = shmat(id, NULL, SHM_RDONLY);
  CHECK(one != (void*)-1 && two != (void*)-1 && one != two);
  CHECK(shmctl(id, IPC_RMID, NULL) == 0);
  one[5] = 55;
  CHECK(two[5] == 55);
  pid_t pid = fork();
  if (pid == 0) {
    one[5] = 66;
    _exit(0);
  }
  CHECK(wait_for(pid) == 0);
  CHECK(two[5] == 66);
  struct shmid_ds info;
  CHECK(shmctl(id, IPC_STAT, &info) == 0);
  say("segment %d at %p and %p, %ld attached\n", id, (void*)one, (void*)two, (long)info.shm_nattch);
  CHECK(shmdt((void*)two) == 0);
  return 0;
}
