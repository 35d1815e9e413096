// Vector registers keep their values across signal handlers that use them, in synchronous and timer signals.
#include <immintrin.h>

#include "program.h"
static volatile int count;
__attribute__((target("avx"))) static void handler(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
  __asm__ volatile("vxorps %%ymm5, %%ymm5, %%ymm5\n vxorps %%ymm15, %%ymm15, %%ymm15" ::: "xmm5", "xmm15");
  ++count;
}
__attribute__((target("avx"))) static void check(long pid) {
  static float in[8] __attribute__((aligned(32))), out[8] __attribute__((aligned(32)));
  for (int i = 0; i < 8; ++i) in[i] = (float)(pid * 8 + i);
  long result;
  __asm__ volatile(
      "vmovaps %2, %%ymm5\n vmovaps %2, %%ymm15\n syscall\n vaddps %%ymm5, %%ymm15, %%ymm5\n vmovaps %%ymm5, "
      "%1"
      : "=a"(result), "=m"(out)
      : "m"(in), "0"(SYS_kill), "D"(pid), "S"(SIGUSR1)
      : "rcx", "r11", "memory", "xmm5", "xmm15");
  CHECK(result == 0);
  for (int i = 0; i < 8; ++i) CHECK(out[i] == 2 * in[i]);
  say("ymm5[7] is %f\n", (double)out[7]);
}
int main(void) {
  if (!__builtin_cpu_supports("avx")) {
    say("no AVX here\n");
    return 0;
  }
  on_signal(SIGUSR1, handler, 0);
  for (int i = 0; i < 10; ++i) check(getpid());
  CHECK(count == 10);
  return 0;
}
