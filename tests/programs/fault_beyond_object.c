// SIGBUS for reasons that are not in the memory map: beyond a shared object that mremap(2) did not enlarge,
// and in a file system without room.
#include <setjmp.h>
#include <sys/mount.h>

#include "program.h"
#define PAGE 4096
static sigjmp_buf back;
static void on_fault(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  say("fault at %p\n", info->si_addr);
  siglongjmp(back, 1);
}
static int writes(volatile char* at) {
  if (sigsetjmp(back, 1) != 0) return 0;
  *at = 1;
  return 1;
}
int main(void) {
  on_signal(SIGBUS, on_fault, SA_NODEFER);
  char* object = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  object[0] = 7;
  object = mremap(object, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
  CHECK(object != MAP_FAILED && object[0] == 7);
  CHECK(writes(object + 3 * PAGE) && !writes(object + 4 * PAGE) && !writes(object + 7 * PAGE + 9));
  char folder[64], name[80];
  snprintf(folder, sizeof folder, "/tmp/bygone-full-%d", getpid());
  CHECK(mkdir(folder, 0700) == 0);
  if (mount("none", folder, "tmpfs", 0, "size=64k") != 0) {
    say("may not mount (%s)\n", strerror(errno));
    rmdir(folder);
    return 0;
  }
  snprintf(name, sizeof name, "%s/file", folder);
  int fd = open(name, O_RDWR | O_CREAT, 0600);
  CHECK(ftruncate(fd, 64 * PAGE) == 0);
  char* file = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  int page = 0;
  while (page < 64 && writes(file + page * PAGE)) ++page;
  say("full after %d pages\n", page);
  CHECK(page > 0 && page < 64);
  munmap(file, 64 * PAGE);
  close(fd);
  CHECK(umount(folder) == 0 && rmdir(folder) == 0);
  return 0;
}
