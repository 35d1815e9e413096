// Buffers that end in front of memory that cannot be written: more is written than the result counts.
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "program.h"

static char* page;

static void* room(int bytes) {
  memset(page, '-', 4096);
  return page + 4096 - bytes;
}
static void show(const char* what, long r) {
  unsigned sum = 0;
  for (int i = 0; i < 4096; i++) sum = sum * 31 + (unsigned char)page[i];
  say("%s %ld %x\n", what, r, sum);
}

static void all(void) {
  int p[2], s[2];
  char text[5000];
  memset(text, 'p', sizeof text);
  CHECK(pipe(p) == 0 && write(p[1], text, 4096) == 4096 && write(p[1], "tail of it", 10) == 10);
  char* two = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(read(p[0], two, 4000) == 4000);
  show("pipe", read(p[0], room(100), 8000));

  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
  CHECK(write(s[0], "first record", 12) == 12 && write(s[0], "second record", 13) == 13);
  show("unix", read(s[1], room(20), 100));

  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, 0);
  int f = signalfd(-1, &set, SFD_NONBLOCK);
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR2);
  show("signalfd", read(f, room(200), 256));

  int e = epoll_create(1);
  struct epoll_event event = {EPOLLIN, {.u64 = 0x1122334455667788}};
  CHECK(pipe(p) == 0 && write(p[1], "x", 1) == 1);
  epoll_ctl(e, EPOLL_CTL_ADD, p[0], &event);
  event.events = EPOLLOUT;
  epoll_ctl(e, EPOLL_CTL_ADD, p[1], &event);
  show("epoll", epoll_wait(e, room(18), 2, 100));
}

int main(void) {
  page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(mprotect(page + 4096, 4096, PROT_NONE) == 0);
  all();
  munmap(page + 4096, 4096);
  all();
  return 0;
}
