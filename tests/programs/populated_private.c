// Private mappings of a file whose pages are brought in beforehand, as by a store, do not see what is stored
// into the file later; those of which pages are only looked at do.
#include "program.h"

enum { kPopulateRead = 22, kPopulateWrite = 23 };

static int file;
static volatile char* shared;

static volatile char* private_with(int flags) {
  volatile char* p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | flags, file, 0);
  CHECK(p != MAP_FAILED);
  return p;
}

int main(void) {
  file = open(".", O_TMPFILE | O_RDWR, 0600);
  CHECK(file >= 0 && ftruncate(file, 4096) == 0);
  shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  CHECK(shared != MAP_FAILED);
  shared[0] = 'a';
  volatile char* seen[8];
  int n = 0;
  seen[n++] = private_with(0);
  seen[n++] = private_with(MAP_POPULATE);
  seen[n++] = private_with(MAP_LOCKED);
  seen[n] = private_with(0);
  CHECK(mlock((void*)seen[n++], 4096) == 0);
  seen[n] = private_with(0);
  CHECK(madvise((void*)seen[n++], 4096, kPopulateWrite) == 0);
  seen[n] = private_with(0);
  CHECK(madvise((void*)seen[n++], 4096, kPopulateRead) == 0);
  shared[0] = 'b';
  CHECK(mlockall(MCL_CURRENT) == 0);
  seen[n++] = private_with(0);
  shared[0] = 'c';
  for (int i = 0; i < n; i++) say("%d %c\n", i, seen[i][0]);
}
