// Shared mappings: anonymous, memfd, System V; how they show in maps.
#include <sys/ipc.h>
#include <sys/shm.h>

#include "maps.h"
int main(void) {
  char* anonymous = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(anonymous != MAP_FAILED);
  int fd = memfd_create("named", 0);
  CHECK(fd >= 0 && ftruncate(fd, 5 * 4096) == 0);
  char* memory = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
  CHECK(memory != MAP_FAILED);
  int id = shmget(IPC_PRIVATE, 2 * 4096, IPC_CREAT | 0600);
  CHECK(id >= 0);
  char* segment = shmat(id, NULL, 0);
  CHECK(segment != (void*)-1 && shmctl(id, IPC_RMID, NULL) == 0);
  anonymous[0] = memory[0] = segment[0] = 's';
  print_maps("three kinds");
  CHECK(mprotect(memory, 4096, PROT_READ) == 0);
  CHECK(munmap(anonymous + 4096, 4096) == 0);
  CHECK(shmdt(segment) == 0);
  print_maps("changed");
  return 0;
}
