// The mappings of parent, child and of a program that was exec'ed.
#include "maps.h"
int main(int argc, char** argv) {
  if (argc > 1) {
    print_maps("after exec");
    return 0;
  }
  char* area = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(area != MAP_FAILED);
  area[0] = 'p';
  pid_t pid = fork();
  if (pid == 0) {
    print_maps("child");
    CHECK(munmap(area + 2 * 4096, 4096) == 0);
    area[0] = 'c';
    print_maps("child with a hole");
    execl("/proc/self/exe", argv[0], "again", (char*)NULL);
    _exit(127);
  }
  CHECK(wait_for(pid) == 0);
  CHECK(area[0] == 'p');
  print_maps("parent");
  return 0;
}
