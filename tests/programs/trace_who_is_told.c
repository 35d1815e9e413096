// Whose wait a tracee's stop is told to: of a thread that asks for its own tracees only, of the tracer where
// another is the parent; and no signal passes at an event's stop.
#include <pthread.h>
#include <sys/ptrace.h>

#include "program.h"
static pid_t tracee;
static void* ask(void* unused) {
  int status;
  CHECK(waitpid(tracee, &status, __WNOTHREAD | WNOHANG) == -1 && errno == ECHILD);
  return unused;
}
static int stop_of(pid_t child, int options) {
  int status = 0;
  CHECK(waitpid(child, &status, options) == child);
  return status;
}
static void thread_asks(void) {
  pthread_t thread;
  tracee = fork();
  if (tracee == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execl("/bin/true", "true", (char*)NULL);
    _exit(1);
  }
  usleep(20000);
  CHECK(pthread_create(&thread, NULL, ask, NULL) == 0);
  pthread_join(thread, NULL);
  CHECK(stop_of(tracee, __WNOTHREAD) == 0x137f);
  CHECK(ptrace(PTRACE_SETOPTIONS, tracee, 0, PTRACE_O_TRACEEXEC) == 0);
  CHECK(ptrace(PTRACE_CONT, tracee, 0, 0) == 0);
  CHECK(stop_of(tracee, 0) == (0x57f | PTRACE_EVENT_EXEC << 16));
  CHECK(ptrace(PTRACE_CONT, tracee, 0, SIGTERM) == 0);  // of no effect
  CHECK(stop_of(tracee, 0) == 0);
}
static void parent_waits_too(void) {
  volatile pid_t* shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t parent = fork();
  if (parent == 0) {
    pid_t child = fork();
    if (child == 0) {
      shared[0] = getpid();
      while (shared[1] == 0) usleep(1000);
      raise(SIGSTOP);
      _exit(7);
    }
    while (!WIFEXITED(stop_of(child, WUNTRACED))) {
    }
    _exit(0);
  }
  while (shared[0] == 0) usleep(1000);
  const pid_t child = shared[0];
  CHECK(ptrace(PTRACE_SEIZE, 0, 0, 0) == -1 && errno == ESRCH);
  CHECK(ptrace(PTRACE_SEIZE, child, 0, 0) == 0);
  shared[1] = 1;
  CHECK(stop_of(child, 0) == 0x137f);
  CHECK(ptrace(PTRACE_CONT, child, 0, SIGSTOP) == 0);
  CHECK(stop_of(child, 0) == (0x137f | 128 << 16));
  siginfo_t info;
  CHECK(ptrace(PTRACE_GETSIGINFO, child, 0, &info) == 0 && info.si_signo == SIGSTOP);
  kill(child, SIGCONT);
  int status;
  do {
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
    status = stop_of(child, 0);
  } while (!WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(wait_for(parent) == 0);
}
int main(void) {
  thread_asks();
  parent_waits_too();
  return 0;
}
