// A sleep that SIGSTOP has interrupted goes on as restart_syscall(2), and is killed in there: the time that
// remained is seen by another process.
#include <pthread.h>

#include "program.h"
static struct timespec* remaining;
static void* sleep_long(void* unused) {
  const struct timespec long_time = {100, 0};
  nanosleep(&long_time, remaining);
  return unused;
}
int main(void) {
  remaining = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const pid_t child = fork();
  if (child == 0) {
    pthread_t thread;
    pthread_create(&thread, NULL, sleep_long, NULL);
    usleep(30000);
    raise(SIGSTOP);
    usleep(30000);
    _exit(8);
  }
  int status;
  CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
  CHECK(kill(child, SIGCONT) == 0 && WEXITSTATUS(wait_for(child)) == 8);
  say("%ld s and %ld ns\n", (long)remaining->tv_sec, remaining->tv_nsec);
  return 0;
}
