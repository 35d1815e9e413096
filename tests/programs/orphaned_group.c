// a process group that becomes orphaned while stopped gets SIGHUP and SIGCONT.
#include "program.h"
static void h(int s, siginfo_t* i, void* u) {
  char b[20];
  int n = sprintf(b, "signal %d\n", s);
  write(1, b, n);
  if (s == SIGHUP) _exit(0);
}
int main(void) {
  int p[2];
  pipe(p);
  pid_t k = fork();
  if (!k) {
    setpgid(0, 0);
    pid_t q = fork();
    if (!q) {
      on_signal(SIGHUP, h, 0);
      close(p[0]);
      raise(SIGSTOP);
      pause();
      _exit(0);
    }
    siginfo_t si;
    waitid(P_PID, q, &si, WSTOPPED);
    _exit(0);
  }
  wait_for(k);
  close(p[1]);
  char b;
  CHECK(read(p[0], &b, 1) == 0);
  say("done\n");
  return 0;
}
