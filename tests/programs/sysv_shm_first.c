// The first System V segment of an ipc namespace has id 0; it is shared with a child, and attached twice.
#include <sched.h>
#include <sys/shm.h>

#include "program.h"
int main(void) {
  if (unshare(CLONE_NEWIPC) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWIPC) != 0) {
    say("no namespace of its own: errno %d\n", errno);
    return 0;
  }
  int id = shmget(IPC_PRIVATE, 8192, 0600 | IPC_CREAT);
  CHECK(id == 0);
  volatile int* a = shmat(id, NULL, 0);
  volatile int* b = shmat(id, NULL, 0);
  CHECK(a != b);
  a[0] = getpid();
  CHECK(b[0] == a[0]);
  pid_t child = fork();
  if (child == 0) {
    b[1000] = getpid();
    _exit(0);
  }
  CHECK(wait_for(child) == 0);
  say("at %p and %p: %d %d\n", (void*)a, (void*)b, a[0], b[1000]);
  CHECK(a[1000] == child);
  CHECK(shmdt((void*)a) == 0);
  CHECK(shmctl(id, IPC_RMID, NULL) == 0);
  return 0;
}
