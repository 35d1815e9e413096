// prctl(PR_SET_TSC): reading the time stamp counter can be made a fault, and is one for children too.
#include <setjmp.h>
#include <sys/prctl.h>
#include <x86intrin.h>

#include "program.h"
static sigjmp_buf back;
static volatile int code;
static void on_fault(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  code = info->si_code;
  siglongjmp(back, 1);
}
static int faults(void) {
  if (sigsetjmp(back, 1) != 0) return 1;
  say("time stamp %llu\n", (unsigned long long)__rdtsc());
  return 0;
}
int main(void) {
  int mode = 0;
  on_signal(SIGSEGV, on_fault, 0);
  CHECK(prctl(PR_GET_TSC, &mode) == 0 && mode == PR_TSC_ENABLE && !faults());
  CHECK(prctl(PR_SET_TSC, 7) == -1 && errno == EINVAL);
  CHECK(prctl(PR_GET_TSC, 8L) == -1 && errno == EFAULT);
  CHECK(prctl(PR_SET_TSC, PR_TSC_SIGSEGV) == 0 && prctl(PR_GET_TSC, &mode) == 0 && mode == PR_TSC_SIGSEGV);
  if (!faults()) say("this machine lets it pass\n");  // some virtual ones do
  pid_t child = fork();
  if (child == 0) _exit(faults());
  say("the child: %d\n", WEXITSTATUS(wait_for(child)));
  CHECK(prctl(PR_SET_TSC, PR_TSC_ENABLE) == 0 && !faults());
  return 0;
}
