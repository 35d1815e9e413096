// fanotify: events with descriptors, and permission events answered by a child's watcher.
#include <sys/fanotify.h>

#include "program.h"
int main(void) {
  char dir[] = "/tmp/bgfXXXXXX";
  CHECK(mkdtemp(dir));
  char f[100];
  sprintf(f, "%s/f", dir);
  int n = fanotify_init(FAN_CLASS_CONTENT | FAN_NONBLOCK, O_RDONLY);
  if (n < 0) {
    say("none %d\n", errno);
    return 0;
  }
  int w = open(f, O_CREAT | O_WRONLY, 0600);
  write(w, "data", 4);
  close(w);
  int r = fanotify_mark(
      n, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_CLOSE_WRITE | FAN_EVENT_ON_CHILD | FAN_ACCESS_PERM, AT_FDCWD, dir);
  say("mark %d %d\n", r, r ? errno : 0);
  pid_t p = fork();
  if (!p) {
    int x = open(f, O_RDONLY);
    char b[8];
    int g = read(x, b, 8);
    say("child open %d read %d\n", x >= 0, g);
    int y = open(f, O_RDONLY);
    say("denied %d %d\n", y, errno);
    _exit(0);
  }
  int opens = 0;
  for (int k = 0; k < 2000 && opens < 2; k++) {
    char buf[4096];
    int len = read(n, buf, sizeof buf);
    if (len <= 0) {
      usleep(500);
      continue;
    }
    struct fanotify_event_metadata* e = (void*)buf;
    for (; FAN_EVENT_OK(e, len); e = FAN_EVENT_NEXT(e, len)) {
      say("event %llx pid %d\n", (long long)e->mask, e->pid == p);
      if (e->mask & FAN_OPEN_PERM) opens++;
      struct fanotify_response a = {e->fd, opens == 2 ? FAN_DENY : FAN_ALLOW};
      if (e->mask & (FAN_OPEN_PERM | FAN_ACCESS_PERM)) write(n, &a, sizeof a);
      close(e->fd);
    }
  }
  wait_for(p);
  unlink(f);
  rmdir(dir);
}
