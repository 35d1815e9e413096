// process_vm_readv and process_vm_writev between parent and child, and within oneself.
#include <sys/uio.h>

#include "program.h"
int main(void) {
  static char value[16] = "before";
  int ends[2], back[2];
  CHECK(pipe(ends) == 0 && pipe(back) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    char byte;
    CHECK(write(back[1], "x", 1) == 1 && read(ends[0], &byte, 1) == 1);
    say("child sees %s\n", value);
    _exit(strcmp(value, "written") != 0);
  }
  char byte, seen[16] = "", text[16] = "written";
  CHECK(read(back[0], &byte, 1) == 1);
  struct iovec here = {seen, 16}, there = {value, 16};
  CHECK(process_vm_readv(pid, &here, 1, &there, 1, 0) == 16 && strcmp(seen, "before") == 0);
  here.iov_base = text;
  CHECK(process_vm_writev(pid, &here, 1, &there, 1, 0) == 16);
  CHECK(write(ends[1], "x", 1) == 1);
  CHECK(wait_for(pid) == 0);
  CHECK(process_vm_writev(getpid(), &here, 1, &there, 1, 0) == 16 && strcmp(value, "written") == 0);
  return 0;
}
