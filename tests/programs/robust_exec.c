// Robust mutexes, plain and priority-inheriting, whose owner ends as a thread, as a process or by executing a
// program.
#include <pthread.h>

#include "program.h"

static void* lock_and_end(void* mutex) {
  pthread_mutex_lock(mutex);
  return NULL;
}

static void inherit(pthread_mutex_t* mutex, pid_t owner) {
  const int result = pthread_mutex_lock(mutex);
  say("%d\n", result);
  CHECK(result == EOWNERDEAD);
  CHECK(pthread_mutex_consistent(mutex) == 0 && pthread_mutex_unlock(mutex) == 0);
  if (owner != 0) wait_for(owner);
}

int main(void) {
  pthread_mutex_t* mutexes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(&mutexes[0], &attributes);
  pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&mutexes[1], &attributes);
  for (int i = 0; i < 2; i++) {
    pthread_t thread;
    pthread_create(&thread, NULL, lock_and_end, &mutexes[i]);
    pthread_join(thread, NULL);
    inherit(&mutexes[i], 0);
    for (int executes = 0; executes < 2; executes++) {
      int locked[2];
      CHECK(pipe(locked) == 0);
      pid_t pid = fork();
      if (pid == 0) {
        pthread_mutex_lock(&mutexes[i]);
        CHECK(write(locked[1], "x", 1) == 1);
        usleep(1500);
        if (executes) execlp("true", "true", NULL);
        kill(getpid(), SIGKILL);
      }
      char byte;
      CHECK(read(locked[0], &byte, 1) == 1);
      inherit(&mutexes[i], pid);
    }
  }
  return 0;
}
