// FS and GS bases by arch_prctl and by wrgsbase; segment registers; modify_ldt and set_thread_area.
#include <asm/ldt.h>
#include <asm/prctl.h>

#include "program.h"
static void h(int s, siginfo_t* i, void* c) {
  unsigned long g;
  syscall(SYS_arch_prctl, ARCH_GET_GS, &g);
  say("gs in handler %lx\n", g);
}
int main(void) {
  static long area[4] = {11, 22, 33, 44};
  unsigned long b;
  long v;
  CHECK(!syscall(SYS_arch_prctl, ARCH_SET_GS, area));
  __asm__ volatile("mov %%gs:8,%0" : "=r"(v));
  say("gs:8 %ld\n", v);
  syscall(SYS_arch_prctl, ARCH_GET_GS, &b);
  say("%d\n", b == (unsigned long)area);
  syscall(SYS_arch_prctl, ARCH_GET_FS, &b);
  say("fs %d\n", b != 0);
  on_signal(SIGUSR1, h, 0);
  raise(SIGUSR1);
  if (__builtin_cpu_supports("avx")) {
    unsigned long a2;
    FILE* f = fopen("/proc/self/auxv", "r");
    unsigned long av[2];
    a2 = 0;
    while (f && fread(av, 16, 1, f) == 1)
      if (av[0] == 26) a2 = av[1];
    if (f) fclose(f);
    say("hwcap2 %lx\n", a2);
    if (a2 & 2) {
      __asm__ volatile("wrgsbase %0" ::"r"(area + 1));
      __asm__ volatile("mov %%gs:8,%0" : "=r"(v));
      say("wrgsbase %ld\n", v);
      raise(SIGUSR1);
      getppid();
      __asm__ volatile("rdgsbase %0" : "=r"(b));
      say("%d\n", b == (unsigned long)(area + 1));
      __asm__ volatile("wrgsbase %0" ::"r"(area + 2));
      for (int i = 0; i < 3; i++) getppid();
      __asm__ volatile("mov %%gs:8,%0" : "=r"(v));
      say("%ld\n", v);
    }
  }
  struct user_desc d;
  memset(&d, 0, sizeof d);
  d.entry_number = 1;
  d.base_addr = 0x10000;
  d.limit = 0xfff;
  d.seg_32bit = 1;
  d.useable = 1;
  char* low = mmap((void*)0x10000, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  low[4] = 'L';
  long r = syscall(SYS_modify_ldt, 1, &d, sizeof d);
  say("ldt %ld\n", r);
  if (!r) {
    unsigned short sel = (1 << 3) | 7, now;
    __asm__ volatile("mov %0,%%gs" ::"r"(sel));
    char c;
    __asm__ volatile("movb %%gs:4,%0" : "=r"(c));
    say("gs %c\n", c);
    for (int i = 0; i < 3; i++) getppid();
    __asm__ volatile("mov %%gs,%0" : "=r"(now));
    __asm__ volatile("movb %%gs:4,%0" : "=r"(c));
    say("%x %c\n", now, c);
    raise(SIGUSR1);
    __asm__ volatile("mov %%gs,%0" : "=r"(now));
    say("after handler %x\n", now);
    char buf[64];
    say("read ldt %ld\n", syscall(SYS_modify_ldt, 0, buf, 64));
    if (!fork()) {
      __asm__ volatile("mov %0,%%gs" ::"r"(sel));
      __asm__ volatile("movb %%gs:4,%0" : "=r"(c));
      say("child %c\n", c);
      _exit(0);
    }
    wait(0);
    __asm__ volatile("mov %0,%%gs" ::"r"((unsigned short)0));
    syscall(SYS_arch_prctl, ARCH_SET_GS, area + 2);
  }
  memset(&d, 0, sizeof d);
  d.entry_number = -1;
  d.base_addr = 0x10000;
  d.limit = 0xfff;
  d.seg_32bit = 1;
  r = syscall(SYS_set_thread_area, &d);
  say("thread area %ld entry %d\n", r, d.entry_number);
  if (!fork()) {
    syscall(SYS_arch_prctl, ARCH_GET_GS, &b);
    say("child gs %d\n", b == (unsigned long)(area + 2));
    _exit(0);
  }
  wait(0);
  say("cpuid fault %ld\n", syscall(SYS_arch_prctl, 0x1011, 0));
  long q = syscall(SYS_arch_prctl, 0x1012, 0);
  say("set %ld\n", q);
  say("xcomp %ld\n", syscall(SYS_arch_prctl, 0x1021, &b));
  say("iopl %ld ioperm %ld\n", syscall(SYS_iopl, 0), syscall(SYS_ioperm, 0x80, 1, 0));
}
