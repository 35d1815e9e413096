// a handler executes another program; another forks; another exits.
#include "program.h"
static void h(int s, siginfo_t* i, void* u) {
  if (s == SIGUSR1) {
    pid_t p = fork();
    if (!p) {
      say("child in handler\n");
      _exit(0);
    }
    waitpid(p, 0, 0);
  } else if (s == SIGUSR2)
    execl("/bin/echo", "echo", "from handler", NULL);
  else
    exit(3);
}
int main(void) {
  on_signal(SIGUSR1, h, 0);
  on_signal(SIGUSR2, h, 0);
  on_signal(SIGALRM, h, 0);
  raise(SIGUSR1);
  pid_t p = fork();
  if (!p) {
    alarm(0);
    ualarm(2000, 0);
    for (;;) pause();
  }
  wait_for(p);
  raise(SIGUSR2);
  return 1;
}
