// madvise(2) that fails after it has emptied some pages, and over holes; and what a private mapping of a file
// shows that has been written since.
#include <sys/uio.h>

#include "program.h"
#define PAGE 4096
static char* pages(int count) {
  char* at = mmap(NULL, (size_t)count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(at != MAP_FAILED);
  for (int i = 0; i < count; ++i) at[i * PAGE] = (char)('a' + i);
  return at;
}
int main(void) {
  char* memory = pages(3);
  CHECK(mlock(memory + PAGE, PAGE) == 0);
  int result = madvise(memory, 3 * PAGE, MADV_DONTNEED);
  say("locked: %d, %d %d %d\n", result, memory[0], memory[PAGE], memory[2 * PAGE]);
  memory = pages(3);
  CHECK(munmap(memory + PAGE, PAGE) == 0);
  result = madvise(memory, 3 * PAGE, MADV_DONTNEED);
  say("hole: %d, %d %d\n", result, memory[0], memory[2 * PAGE]);
  memory[0] = memory[2 * PAGE] = 'x';
  struct iovec range = {memory, 3 * PAGE};
  int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
  result = (int)syscall(SYS_process_madvise, self, &range, 1, MADV_DONTNEED, 0);
  say("hole, by process_madvise: %d, %d %d\n", result, memory[0], memory[2 * PAGE]);
  char* shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED);
  char* private =
      mmap(shared + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  CHECK(private == shared + PAGE);
  shared[0] = private[0] = 's';
  result = madvise(shared, 2 * PAGE, MADV_REMOVE);
  say("removed: %d, %d %d\n", result, shared[0], private[0]);
  char name[] = "/tmp/bygone-madvise-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0 && ftruncate(fd, 2 * PAGE) == 0 && write(fd, "abc", 3) == 3);
  char* file = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(file != MAP_FAILED);
  file[1] = 'z';
  CHECK(pwrite(fd, "w", 1, 0) == 1 && pwrite(fd, "v", 1, PAGE) == 1);
  say("written: %.3s %d\n", file, file[PAGE]);
  CHECK(madvise(file, 2 * PAGE, MADV_DONTNEED) == 0);
  say("and emptied: %.3s %d\n", file, file[PAGE]);
  CHECK(memcmp(file, "wbc", 3) == 0 && file[PAGE] == 'v');
  return 0;
}
