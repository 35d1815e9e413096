// A crash handler hands its signal on with its own siginfo: a signal that looks like a fault and is none.
#include "program.h"
static void hand_on(int number, siginfo_t* info, void* context) {
  (void)context;
  say("code %d at %p\n", info->si_code, info->si_addr);
  signal(number, SIG_DFL);
  syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), number, info);
}
int main(void) {
  pid_t child = fork();
  if (child == 0) {
    on_signal(SIGSEGV, hand_on, SA_NODEFER);
    *(volatile int*)8 = 1;
    _exit(1);
  }
  int status = wait_for(child);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  return 0;
}
