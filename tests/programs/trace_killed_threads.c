// A signal kills a process of threads whose tracer is told of every end.
#include <pthread.h>
#include <sys/ptrace.h>

#include "program.h"
static void* doze(void* argument) {
  for (;;) usleep(500);
  return argument;
}
int main(void) {
  pid_t child = fork();
  if (child == 0) {
    CHECK(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
    raise(SIGSTOP);
    pthread_t thread;
    pthread_create(&thread, NULL, doze, NULL);
    pthread_create(&thread, NULL, doze, NULL);
    usleep(2000);
    raise(SIGTERM);
    for (;;) pause();
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT) == 0);
  CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
  int told = 0, ended = 0;
  for (pid_t task; (task = waitpid(-1, &status, __WALL)) > 0;) {
    if (!WIFSTOPPED(status)) {
      ++ended;
      CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
      continue;
    }
    const int event = status >> 16;
    told += event == PTRACE_EVENT_EXIT;
    const int signal = event != 0 || WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status);
    CHECK(ptrace(PTRACE_CONT, task, 0, signal) == 0 || errno == ESRCH);
  }
  say("told of %d ends, %d ended\n", told, ended);
  CHECK(ended == 3);
  return 0;
}
