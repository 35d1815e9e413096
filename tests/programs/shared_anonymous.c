// MAP_SHARED anonymous memory carries values between a parent and its children, with futexes in it.
#include <semaphore.h>

#include "program.h"
struct area {
  sem_t go, done;
  int value;
};
int main(void) {
  struct area* area = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(area != MAP_FAILED);
  CHECK(sem_init(&area->go, 1, 0) == 0 && sem_init(&area->done, 1, 0) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 0; i < 10; ++i) {
      while (sem_wait(&area->go) != 0) continue;
      area->value = area->value * 2 + 1;
      sem_post(&area->done);
    }
    _exit(0);
  }
  for (int i = 0; i < 10; ++i) {
    sem_post(&area->go);
    while (sem_wait(&area->done) != 0) continue;
    say("value %d\n", area->value);
  }
  CHECK(area->value == 1023);
  CHECK(wait_for(pid) == 0);
  return 0;
}
