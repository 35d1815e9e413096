// Who may attach to whom: not to others' processes, to those that have been somebody else (PR_SET_DUMPABLE),
// or to those with capabilities of which the tracer has given up some.
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "program.h"

static int ready[2], go[2];

// A child that becomes `user` (0: stays what it is) and dumpable or not, and waits.
static pid_t start(uid_t user, int dumpable) {
  char byte = 0;
  const pid_t child = fork();
  if (child == 0) {
    CHECK(user == 0 || (setgid(user) == 0 && setuid(user) == 0));
    CHECK(prctl(PR_SET_DUMPABLE, dumpable) == 0);
    CHECK(write(ready[1], &byte, 1) == 1 && read(go[0], &byte, 1) >= 0);
    _exit(0);
  }
  CHECK(read(ready[0], &byte, 1) == 1);
  return child;
}

static void attach(const char* what, pid_t child, int expected) {
  errno = 0;
  const long result = ptrace(PTRACE_SEIZE, child, 0, 0);
  say("%s: %ld, errno %d\n", what, result, result == 0 ? 0 : errno);
  CHECK(expected == 0 ? result == 0 : result == -1 && errno == expected);
  CHECK(kill(child, SIGKILL) == 0);
}

static void without_capability(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  CHECK(syscall(SYS_capget, &header, data) == 0);
  data[0].effective &= ~(1u << CAP_SYS_PTRACE);
  data[0].permitted &= ~(1u << CAP_SYS_PTRACE);
  CHECK(syscall(SYS_capset, &header, data) == 0);
}

static void in_child(void (*test)(void)) {
  int status;
  const pid_t child = fork();
  if (child == 0) {
    test();
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static pid_t others[4];

static void as_weak_root(void) {
  attach("with more capabilities", others[1], EPERM);
  attach("of another", others[2], EPERM);
  attach("the same", others[3], 0);
}

int main(void) {
  CHECK(pipe(ready) == 0 && pipe(go) == 0);
  if (geteuid() != 0) {
    attach("dumpable", start(0, 1), 0);
    attach("not dumpable", start(0, 0), EPERM);
    return 0;
  }
  attach("not dumpable, by root", start(1, 0), 0);
  others[0] = start(0, 1);
  others[1] = start(0, 1);
  others[2] = start(1, 1);
  const pid_t tests = fork();
  if (tests == 0) {
    CHECK(setgid(1) == 0 && setuid(1) == 0);
    CHECK(kill(others[0], 0) == -1 && errno == EPERM);
    errno = 0;
    CHECK(ptrace(PTRACE_SEIZE, others[0], 0, 0) == -1 && errno == EPERM);
    attach("of another, not dumpable", start(0, 0), EPERM);
    attach("its own", start(0, 1), 0);
    _exit(0);
  }
  int status;
  CHECK(waitpid(tests, &status, 0) == tests && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  without_capability();
  others[3] = start(0, 1);
  in_child(as_weak_root);
  CHECK(kill(others[0], SIGKILL) == 0);
  return 0;
}
