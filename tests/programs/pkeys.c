// Memory protection keys: the kernel changes the rights register, rights stop accesses, children have them
// too.
#include <setjmp.h>

#include "program.h"
static sigjmp_buf back;
static volatile int code, key;
static void on_fault(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  code = info->si_code;
  key = (int)info->si_pkey;
  siglongjmp(back, 1);
}
static unsigned rights(void) {
  unsigned low, high;
  __asm__ volatile(".byte 0x0f, 0x01, 0xee" : "=a"(low), "=d"(high) : "c"(0));  // rdpkru
  return low;
}
static void set_rights(unsigned value) {
  __asm__ volatile(".byte 0x0f, 0x01, 0xef" : : "a"(value), "c"(0), "d"(0));  // wrpkru
}
int main(void) {
  const int k = pkey_alloc(0, PKEY_DISABLE_WRITE);
  if (k < 0) {
    say("no protection keys here (%s)\n", strerror(errno));
    return 0;
  }
  say("key %d, rights %#x\n", k, rights());
  on_signal(SIGSEGV, on_fault, SA_NODEFER);
  volatile char* page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(pkey_mprotect((void*)page, 4096, PROT_READ | PROT_WRITE, k) == 0);
  say("reads %d\n", page[5]);
  if (sigsetjmp(back, 1) == 0) {
    for (int i = 0; i < 1000; ++i) code += page[i];  // allowed; then
    page[1] = 1;
    CHECK(!"not written");
  }
  say("fault %d of key %d at the write, rights in between %#x\n", code, key, rights());
  CHECK(code == SEGV_PKUERR && key == k);
  set_rights(rights() & ~(3u << (2 * k)));
  page[1] = 42;
  set_rights(rights() | 1u << (2 * k));
  if (sigsetjmp(back, 1) == 0) {
    say("%d\n", page[1]);
    CHECK(!"not read");
  }
  CHECK(code == SEGV_PKUERR);
  int ends[2];
  CHECK(pipe(ends) == 0);
  CHECK(write(ends[1], (void*)page, 1) == -1 && errno == EFAULT);
  pid_t child = fork();
  if (child == 0) {
    if (sigsetjmp(back, 1) == 0) _exit(page[1]);
    say("the child's rights are %#x\n", rights());
    set_rights(rights() & ~(3u << (2 * k)));
    _exit(page[1]);
  }
  CHECK(WEXITSTATUS(wait_for(child)) == 42);
  char* code_only = mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  say("rights with memory that can only be executed %#x\n", rights());
  if (sigsetjmp(back, 1) == 0) say("readable: %d\n", *(volatile char*)code_only);
  CHECK(pkey_free(k) == 0);
  return 0;
}
