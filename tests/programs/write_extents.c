// Calls that write to a mapped file elsewhere than at the descriptor's position: what is mapped shows it.
#include <linux/openat2.h>
#include <sys/uio.h>

#include "program.h"
#define PAGE 4096
static char* file;
static void show(const char* what) {
  unsigned sum = 0;
  for (int i = 0; i < 3 * PAGE; ++i) sum = sum * 31 + (unsigned char)file[i];
  say("%s: %.24s %08x\n", what, file, sum);
}
int main(void) {
  char name[] = "/tmp/bygone-extents-XXXXXX";
  int fd = mkstemp(name);
  char pattern[3 * PAGE];
  for (size_t i = 0; i < sizeof pattern; ++i) pattern[i] = (char)('a' + i % 23);
  CHECK(fd >= 0 && write(fd, pattern, sizeof pattern) == sizeof pattern);
  file = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char* own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  struct iovec text = {"TEXT", 4};
  CHECK(pwritev2(fd, &text, 1, 3, 0) == 4);
  show("pwritev2");
  CHECK(pwritev2(fd, &text, 1, 3, RWF_APPEND) == 4 && memcmp(file + 3 * PAGE, "TEXT", 4) == 0);
  show("pwritev2, appending");
  CHECK(lseek(fd, 10, SEEK_SET) == 10 && pwritev2(fd, &text, 1, -1, 0) == 4);
  show("pwritev2 at the position");
  loff_t from = 0, to = 2 * PAGE + 7;
  CHECK(copy_file_range(fd, &from, fd, &to, 100, 0) == 100);
  show("copy_file_range");
  int ends[2];
  CHECK(pipe(ends) == 0 && write(ends[1], "through a pipe", 14) == 14);
  to = PAGE - 3;
  CHECK(splice(ends[0], NULL, fd, &to, 14, 0) == 14 && memcmp(file + PAGE - 3, "through a pipe", 14) == 0);
  show("splice");
  CHECK(fallocate(fd, FALLOC_FL_ZERO_RANGE, 5, 3) == 0 || errno == EOPNOTSUPP);
  show("fallocate, zeroing");
  CHECK(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE) == 0 || errno == EOPNOTSUPP || errno == EINVAL);
  show("fallocate, collapsing");
  CHECK(memcmp(own, file, PAGE) == 0);
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  CHECK(truncate(link, 2 * PAGE + 100) == 0 && truncate(link, 3 * PAGE) == 0);
  show("truncate by a link");
  struct open_how how = {.flags = O_RDWR | O_TRUNC};
  int again = (int)syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof how);
  CHECK(again >= 0 && ftruncate(again, 3 * PAGE) == 0 && file[0] == 0 && own[17] == 0);
  show("openat2, cutting off");
  int memory = open("/proc/self/mem", O_RDWR);
  CHECK(memory >= 0 && pwritev2(memory, &text, 1, (off_t)(own + 8), 0) == 4 &&
        memcmp(own + 8, "TEXT", 4) == 0);
  unlink(name);
  return 0;
}
