// A robust mutex in shared memory whose owner process is killed.
#include <pthread.h>

#include "program.h"
int main(void) {
  pthread_mutex_t* mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(mutex != MAP_FAILED);
  pthread_mutexattr_t attributes;
  CHECK(pthread_mutexattr_init(&attributes) == 0);
  CHECK(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
  CHECK(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
  CHECK(pthread_mutex_init(mutex, &attributes) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    pthread_mutex_lock(mutex);
    kill(getpid(), SIGKILL);
  }
  CHECK(WTERMSIG(wait_for(pid)) == SIGKILL);
  CHECK(pthread_mutex_lock(mutex) == EOWNERDEAD);
  CHECK(pthread_mutex_consistent(mutex) == 0 && pthread_mutex_unlock(mutex) == 0);
  return 0;
}
