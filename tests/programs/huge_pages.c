// Huge pages, where the machine has some set aside (vm.nr_hugepages).
#include <sys/shm.h>

#include "program.h"

enum { kHuge = 2 << 20 };

static char* huge(size_t size, int prot, int flags) {
  char* p = mmap(NULL, size, prot, MAP_ANONYMOUS | MAP_HUGETLB | flags, -1, 0);
  if (p != MAP_FAILED) return p;
  say("no huge pages here (%s)\n", strerror(errno));
  exit(0);
}

static void use(char* p) {
  p[0] = 'a', p[kHuge + 5] = 'b';
  pid_t child = fork();
  if (child == 0) {
    CHECK(p[0] == 'a' && p[kHuge + 5] == 'b');
    p[1] = 'c';
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  say("%d %c %c\n", p[1], p[0], p[kHuge + 5]);
}

int main(void) {
  char* p = huge(2 * kHuge, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  use(p);
  CHECK(mprotect(p, kHuge, PROT_READ) == 0 && mprotect(p, kHuge, PROT_READ | PROT_WRITE) == 0);
  CHECK(madvise(p, kHuge, MADV_DONTNEED) == 0);
  CHECK(p[0] == 0 && p[kHuge + 5] == 'b');
  CHECK(munmap(p + kHuge, kHuge) == 0 && munmap(p, kHuge) == 0);
  p = huge(2 * kHuge, PROT_READ | PROT_WRITE, MAP_SHARED);
  use(p);
  CHECK(munmap(p, 2 * kHuge) == 0);
  p = huge(kHuge + 1, PROT_NONE, MAP_PRIVATE);  // two of them
  CHECK(mprotect(p, 2 * kHuge, PROT_READ | PROT_WRITE) == 0);
  use(p);
  CHECK(munmap(p, 2 * kHuge) == 0);
  int id = shmget(IPC_PRIVATE, 2 * kHuge, SHM_HUGETLB | IPC_CREAT | 0600);
  CHECK(id >= 0);
  p = shmat(id, NULL, 0);
  CHECK(p != (void*)-1 && shmctl(id, IPC_RMID, NULL) == 0);
  use(p);
  CHECK(shmdt(p) == 0);
}
