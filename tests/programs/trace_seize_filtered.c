// PTRACE_SEIZE with PTRACE_O_TRACESECCOMP, of a process that sleeps in a call: filters that it installs,
// before or after, stop for the tracer. Unknown options are refused.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "program.h"

static void filter_getppid(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 5),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {4, code};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void seize(int filters_before) {
  int ready[2], go[2];
  char byte = 0;
  CHECK(pipe(ready) == 0 && pipe(go) == 0);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    if (filters_before) filter_getppid();
    CHECK(write(ready[1], &byte, 1) == 1 && read(go[0], &byte, 1) == 1);
    if (!filters_before) filter_getppid();
    _exit(syscall(SYS_getppid) == parent ? 0 : 1);
  }
  CHECK(read(ready[0], &byte, 1) == 1);
  CHECK(ptrace(PTRACE_SEIZE, child, 0, 1 << 30) == -1 && errno == EIO);
  CHECK(ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACESECCOMP) == 0);
  CHECK(write(go[1], &byte, 1) == 1);
  int status, stops = 0;
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    unsigned long data = 0;
    CHECK(ptrace(PTRACE_GETEVENTMSG, child, 0, &data) == 0);
    say("stop %#x, %lu\n", (unsigned)status, data);
    CHECK(status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) && data == 5);
    ++stops;
    CHECK(ptrace(PTRACE_CONT, child, 0, 0) == 0);
  }
  CHECK(stops == 1 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
  seize(0);
  seize(1);
  return 0;
}
