// Files and shared memory far larger than what is in them: mapped, written to, cut off, punched.
#include "program.h"
#define PAGE 4096
#define TERA (1L << 40)
static void look(const char* what, char* memory, int fd, long size) {
  memory[size - 5] = 1;
  memory[size / 2] = 2;
  CHECK(ftruncate(fd, size - PAGE) == 0 && ftruncate(fd, size) == 0);
  CHECK(memory[size - 5] == 0 && memory[size / 2] == 2);
  CHECK(pwrite(fd, "x", 1, size / 3) == 1 && memory[size / 3] == 'x');
  CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, size / 2, PAGE) == 0);
  CHECK(memory[size / 2] == 0);
  struct stat st;
  CHECK(fstat(fd, &st) == 0);
  say("%s: %lld bytes in %lld blocks\n", what, (long long)st.st_size, (long long)st.st_blocks);
}
int main(void) {
  char name[] = "/tmp/bygone-sparse-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0);
  long size = TERA;
  while (ftruncate(fd, size) != 0) size /= 4;  // some file systems have their limits
  CHECK(pwrite(fd, "end", 3, size - 3) == 3 && pwrite(fd, "middle", 6, size / 2) == 6);
  char* last = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, size - PAGE);
  say("%.3s\n", last + PAGE - 3);
  char* shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, size / 2);
  shared[6] = '!';
  char* whole = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
  if (whole != MAP_FAILED) say("%.7s %d\n", whole + size / 2, whole[size / 4]);
  munmap(whole, size);
  size = 40L << 30;
  CHECK(ftruncate(fd, size) == 0);
  char* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(memory != MAP_FAILED);
  look("file", memory, fd, size);
  int in_memory = memfd_create("sparse", 0);
  CHECK(ftruncate(in_memory, size) == 0);
  memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, in_memory, 0);
  CHECK(memory != MAP_FAILED);
  look("memory file", memory, in_memory, size);
  memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(memory != MAP_FAILED);
  for (long i = 1; i < 8; ++i) memory[i * (size / 8)] = (char)i;
  pid_t child = fork();
  if (child == 0) _exit(++memory[3 * (size / 8)]);
  CHECK(WEXITSTATUS(wait_for(child)) == 4 && memory[3 * (size / 8)] == 4);
  return 0;
}
