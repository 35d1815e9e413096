// Who watches a file hears of the program's own accesses, and of no others.
#include <poll.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>

#include "program.h"

static void mapped(const char* name, int written_long_ago) {
  int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(fd >= 0 && write(fd, "content", 7) == 7 && ftruncate(fd, 5000) == 0);
  if (written_long_ago) {
    struct timespec then[2] = {{1000, 0}, {1000, 0}};
    CHECK(futimens(fd, then) == 0);
  }
  int watch = inotify_init1(IN_NONBLOCK);
  CHECK(inotify_add_watch(watch, name, IN_ALL_EVENTS) >= 0);
  char* p = mmap(0, 5000, PROT_READ, MAP_PRIVATE, fd, 0);
  char* q = mmap(0, 5000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(p != MAP_FAILED && q != MAP_FAILED);
  q[1] = p[0];
  char c, events[4096];
  CHECK(pread(fd, &c, 1, 1) == 1 && c == 'c');
  long n = read(watch, events, sizeof events);
  for (long at = 0; at < n;) {
    struct inotify_event* e = (void*)(events + at);
    say("%x\n", e->mask);
    CHECK(e->mask == IN_ACCESS);
    at += sizeof *e + e->len;
  }
  close(watch);
  close(fd);
  unlink(name);
}

// A child maps a file, which its parent has to allow.
static void allowed(const char* name) {
  int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(fd >= 0 && write(fd, "content", 7) == 7);
  int guard = fanotify_init(FAN_CLASS_CONTENT | FAN_NONBLOCK, O_RDONLY);
  if (guard < 0 || fanotify_mark(guard, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_ACCESS_PERM, AT_FDCWD, name)) {
    say("no\n");
    unlink(name);
    return;
  }
  pid_t child = fork();
  if (child == 0) {
    int own = open(name, O_RDONLY);
    char* p = mmap(0, 4096, PROT_READ, MAP_PRIVATE, own, 0);
    _exit(p == MAP_FAILED ? 1 : p[0]);
  }
  int status = 0, events = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    struct pollfd ready = {guard, POLLIN, 0};
    struct fanotify_event_metadata e;
    if (poll(&ready, 1, 5) != 1 || read(guard, &e, sizeof e) != sizeof e) continue;
    struct fanotify_response r = {e.fd, FAN_ALLOW};
    CHECK(write(guard, &r, sizeof r) == sizeof r);
    close(e.fd);
    events++;
  }
  say("%x %d\n", status, events);
  CHECK(status == 'c' << 8 && events == 1);
  unlink(name);
}

int main(void) {
  char name[64];
  snprintf(name, sizeof name, "watched-%d", getpid());
  mapped(name, 0);
  mapped(name, 1);
  allowed(name);
  return 0;
}
