// Threads and processes that close all memory to themselves (protection key 0), as far as a program can go on
// then.
#include "program.h"

// Maps a page, tells its number by the status it ends with; all of it in registers.
static void end_without_memory(void) {
  __asm__ volatile(
      "xor %%ecx, %%ecx\n xor %%edx, %%edx\n mov $0x55555555, %%eax\n .byte 0x0f, 0x01, 0xef\n"
      "mov $9, %%eax\n xor %%edi, %%edi\n mov $4096, %%esi\n mov $3, %%edx\n mov $34, %%r10d\n mov $-1, "
      "%%r8\n"
      "xor %%r9d, %%r9d\n syscall\n"
      "mov %%rax, %%rdi\n mov $11, %%eax\n mov $4096, %%esi\n syscall\n"
      "lea 7(%%rax), %%edi\n mov $231, %%eax\n syscall\n"
      :
      :
      : "rax", "rcx", "rdx", "rdi", "rsi", "r8", "r9", "r10", "r11", "memory");
}

static void on_fault(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  say("fault %d of key %d\n", info->si_code, (int)info->si_pkey);
  munmap(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
  syscall(SYS_exit, 0);
}

static void* close_and_fault(void* nothing) {
  __asm__ volatile(
      "xor %%ecx, %%ecx\n xor %%edx, %%edx\n mov $0x55555555, %%eax\n .byte 0x0f, 0x01, 0xef\n mov (%%rsp), "
      "%%rax\n"
      :
      :
      : "rax", "rcx", "rdx", "memory");
  return nothing;
}

int main(void) {
  if (pkey_alloc(0, 0) < 0) {
    say("no protection keys here (%s)\n", strerror(errno));
    return 0;
  }
  pid_t child = fork();
  if (child == 0) end_without_memory();
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  say("ended with %#x\n", status);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  on_signal(SIGSEGV, on_fault, 0);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, close_and_fault, NULL) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  say("joined\n");
}
