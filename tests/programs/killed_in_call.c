// What a call has written that never returns, for its caller is killed, is seen by those who share its
// memory: the time that remained.
#include <poll.h>
#include <sched.h>
#include <sys/select.h>
#include <sys/socket.h>

#include "program.h"
struct waits {
  struct timespec rest, until;
  struct timeval limit;
  char bytes[16];
  struct pollfd polled;
};
static struct waits* waits;
static int kind, pair[2];
static char stack[65536] __attribute__((aligned(16)));
static int sleep_on(void* unused) {
  (void)unused;
  if (kind == 0) nanosleep(&waits->rest, &waits->rest);
  if (kind == 1) select(0, NULL, NULL, NULL, &waits->limit);
  if (kind == 2) ppoll(NULL, 0, &waits->until, NULL);
  if (kind == 4) {
    struct timespec own = {100, 0};  // beside a shared one
    ppoll(&waits->polled, 1, &own, NULL);
  }
  if (kind == 3) recv(pair[0], waits->bytes, sizeof waits->bytes, MSG_WAITALL);
  _exit(1);
}
static void kill_in_call(const char* how, pid_t child) {
  usleep(30000);
  CHECK(kill(child, SIGKILL) == 0);
  CHECK(WTERMSIG(wait_for(child)) == SIGKILL);
  say("%s: %ld.%09ld, %ld.%06ld, %ld.%09ld, '%s'\n", how, waits->rest.tv_sec, waits->rest.tv_nsec,
      waits->limit.tv_sec, (long)waits->limit.tv_usec, waits->until.tv_sec, waits->until.tv_nsec,
      waits->bytes);
}
int main(void) {
  waits = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(waits != MAP_FAILED);
  for (kind = 0; kind < 5; ++kind) {
    for (int shares_all = 0; shares_all < 2; ++shares_all) {
      *waits = (struct waits){{100, 0}, {100, 0}, {100, 0}, "", {-1, 0, 0}};
      CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && write(pair[1], "part", 4) == 4);
      pid_t child = shares_all ? clone(sleep_on, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL) : fork();
      if (child == 0) sleep_on(NULL);
      CHECK(child > 0);
      kill_in_call(shares_all ? "one with all its memory shared" : "a forked process", child);
    }
  }
  return 0;
}
