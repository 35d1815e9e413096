// A thread sends a signal to its process: the first thread takes it, out of its sleep, as the kernel prefers,
// whether the sender goes on or sleeps; a first thread that blocks it leaves it to others.
#include <poll.h>
#include <pthread.h>

#include "program.h"

static volatile int first, others;
static int pipe_ends[2];

static void handle(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  if (gettid() == getpid())
    ++first;
  else
    ++others;
}

static void* send_signal(void* how) {
  usleep(50000);
  const union sigval value = {0};
  CHECK(((long)how & 1) != 0 ? sigqueue(getpid(), SIGUSR1, value) == 0 : kill(getpid(), SIGUSR1) == 0);
  if (((long)how & 2) != 0) usleep(50000);
  return 0;
}

// Of a signal that was ignored when the first thread went to sleep.
static void* handle_late(void* unused) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGWINCH);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, 0) == 0);
  usleep(50000);
  on_signal(SIGWINCH, handle, 0);
  usleep(50000);
  CHECK(kill(getpid(), SIGWINCH) == 0);
  return unused;
}

static int sleep_in(long how) {
  struct pollfd ready = {pipe_ends[0], POLLIN, 0};
  char byte;
  switch (how / 4) {
    case 0:
      return pause();
    case 1:
      return poll(&ready, 1, 10000);
    default:
      return (int)read(pipe_ends[0], &byte, 1);
  }
}

int main(void) {
  pthread_t thread;
  CHECK(pipe(pipe_ends) == 0);
  on_signal(SIGUSR1, handle, 0);
  for (long how = 0; how < 12; ++how) {
    CHECK(pthread_create(&thread, 0, send_signal, (void*)how) == 0);
    CHECK(sleep_in(how) == -1 && errno == EINTR);
    CHECK(pthread_join(thread, 0) == 0);
  }
  say("the first thread took %d, others %d\n", first, others);
  CHECK(first == 12 && others == 0);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  CHECK(pthread_create(&thread, 0, send_signal, 0) == 0);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, 0) == 0 && pthread_join(thread, 0) == 0);
  say("the first thread took %d, others %d\n", first, others);
  CHECK(first == 12 && others == 1);
  CHECK(pthread_create(&thread, 0, handle_late, 0) == 0);
  CHECK(sleep_in(8) == -1 && errno == EINTR && pthread_join(thread, 0) == 0);
  say("the first thread took %d, others %d\n", first, others);
  CHECK(first == 13 && others == 1);
  return 0;
}
