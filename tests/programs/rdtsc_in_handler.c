// The time stamp counter is read where the signal is blocked, or ignored, by which the recorder hears of it:
// what the program has said about that signal stays.
#include <x86intrin.h>

#include "program.h"

static volatile char* page;
static volatile int handled;

static void open_page(int number) {
  (void)number;
  CHECK(__rdtsc() > 0);
  sigset_t blocked;
  CHECK(sigprocmask(SIG_BLOCK, NULL, &blocked) == 0 && sigismember(&blocked, SIGSEGV) == 1);
  ++handled;
  CHECK(mprotect((void*)page, 4096, PROT_READ | PROT_WRITE) == 0);
}

static void fault(void) {
  page[0] = 1;
  CHECK(mprotect((void*)page, 4096, PROT_READ) == 0);
}

static void* fault_in_thread(void* nothing) {
  fault();
  return nothing;
}

static void check_ignored(int number) {
  struct sigaction action, before = {0};
  before.sa_handler = SIG_IGN;
  CHECK(sigaction(number, &before, NULL) == 0);
  CHECK(__rdtsc() > 0);
  CHECK(sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
}

static void check_blocked(void) {
  sigset_t all, blocked;
  sigfillset(&all);
  CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
  CHECK(__rdtsc() > 0);
  CHECK(sigprocmask(SIG_SETMASK, NULL, &blocked) == 0);
  CHECK(sigismember(&blocked, SIGSEGV) == 1 && sigismember(&blocked, SIGILL) == 1);
}

static void one_shot(int number) {
  (void)number;
  CHECK(__rdtsc() > 0);
  struct sigaction action;
  CHECK(sigaction(SIGILL, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
  ++handled;
}

int main(void) {
  pid_t blocking = fork();
  if (blocking == 0) {
    check_blocked();
    _exit(3);
  }
  int ended;
  CHECK(waitpid(blocking, &ended, 0) == blocking && WEXITSTATUS(ended) == 3);
  page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(page != MAP_FAILED);
  struct sigaction action = {.sa_handler = open_page};
  // The old action goes where the new one lies.
  CHECK(sigaction(SIGSEGV, &action, &action) == 0 && action.sa_handler == SIG_DFL);
  for (int i = 0; i < 3; i++) fault();
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, fault_in_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
  pid_t child = fork();
  if (child == 0) {
    fault();
    _exit(handled);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  say("%d here, %d there\n", handled, WEXITSTATUS(status));
  action.sa_handler = one_shot, action.sa_flags = SA_RESETHAND;
  CHECK(sigaction(SIGILL, &action, NULL) == 0);
  CHECK(raise(SIGILL) == 0);
  CHECK(__rdtsc() > 0);
  CHECK(sigaction(SIGILL, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
  say("%d\n", handled);
  check_ignored(SIGILL);
  check_ignored(SIGSEGV);
}
