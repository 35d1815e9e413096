// process_vm_writev(2) inside a pid namespace, where processes have other numbers.
#include <sched.h>

#include "program.h"

int main(void) {
  if (unshare(CLONE_NEWPID) != 0) {
    say("no\n");
    return 0;
  }
  int status;
  if (fork() == 0) {
    char* m = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int ready[2], go[2];
    char c;
    CHECK(pipe(ready) == 0 && pipe(go) == 0);
    pid_t child = fork();
    if (child == 0) {
      write(ready[1], "x", 1);
      read(go[0], &c, 1);
      say("%d %.5s\n", getpid(), m);
      _exit(m[0]);
    }
    read(ready[0], &c, 1);
    struct iovec from = {"hello", 5}, to = {m, 5};
    long r = process_vm_writev(child, &from, 1, &to, 1, 0);
    say("%d %ld\n", child, r);
    write(go[1], "y", 1);
    waitpid(child, &status, 0);
    say("%x\n", status);
    _exit(0);
  }
  wait(&status);
  say("%x\n", status);
  return 0;
}
