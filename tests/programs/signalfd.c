// Signals read from a signalfd.
#include <sys/signalfd.h>

#include "program.h"
int main(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGCHLD);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  int fd = signalfd(-1, &set, SFD_CLOEXEC);
  CHECK(fd >= 0);
  kill(getpid(), SIGUSR1);
  struct signalfd_siginfo info;
  CHECK(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGUSR1);
  say("signal %u from %u\n", info.ssi_signo, info.ssi_pid);
  pid_t pid = fork();
  if (pid == 0) _exit(5);
  CHECK(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGCHLD);
  CHECK((pid_t)info.ssi_pid == pid && info.ssi_status == 5);
  CHECK(WEXITSTATUS(wait_for(pid)) == 5);
  return 0;
}
