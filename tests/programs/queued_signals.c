// A child queues as many numbered real-time signals as the argument says, or until SIGTERM; none may be lost,
// and each must come in its turn, wherever it finds this process: computing, in a call, or reading a clock.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int expected;
static volatile int wrong;
static volatile sig_atomic_t told_to_end;

static void on_signal(int signal, siginfo_t* info, void* context) {
  (void)signal;
  (void)context;
  if (info->si_code != SI_QUEUE || info->si_value.sival_int != expected) ++wrong;
  ++expected;
}

static void on_term(int signal) {
  (void)signal;
  told_to_end = 1;
}

int main(int argc, char** argv) {
  const int count = argc > 1 ? atoi(argv[1]) : 40;
  const pid_t receiver = getpid();
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  if (sigaction(SIGRTMIN, &action, NULL) != 0) return 1;
  if (count == 0) signal(SIGTERM, on_term);
  const pid_t sender = fork();
  if (sender == 0) {
    const struct timespec nap = {0, 300000};
    for (int i = 0; count == 0 || i < count; ++i) {
      union sigval value;
      value.sival_int = i;
      while (sigqueue(receiver, SIGRTMIN, value) != 0 && errno == EAGAIN) nanosleep(&nap, NULL);
      nanosleep(&nap, NULL);
    }
    _exit(0);
  }
  time_t last = 0;
  while (count == 0 ? !told_to_end : expected < count) {
    for (volatile int i = 0; i < 100000; ++i) {
    }
    getppid();
    for (int i = 0; i < 5; ++i) {
      const time_t now = time(NULL);
      if (now < last) ++wrong;
      last = now;
    }
  }
  if (count == 0) kill(sender, SIGKILL);
  int status = 0;
  if (waitpid(sender, &status, 0) != sender || status != (count == 0 ? SIGKILL : 0)) ++wrong;
  puts(wrong == 0 ? "all in order" : "not in order");
  return wrong != 0;
}
