// inotify reports what happens in a directory.
#include <sys/inotify.h>

#include "program.h"
int main(void) {
  char folder[] = "/tmp/bygone-watch-XXXXXX", name[100], other[100];
  CHECK(mkdtemp(folder) != NULL);
  int fd = inotify_init1(IN_NONBLOCK);
  CHECK(fd >= 0 && inotify_add_watch(fd, folder, IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO) > 0);
  snprintf(name, sizeof name, "%s/one", folder);
  snprintf(other, sizeof other, "%s/two", folder);
  int file = open(name, O_CREAT | O_WRONLY, 0600);
  CHECK(file >= 0 && close(file) == 0 && rename(name, other) == 0 && unlink(other) == 0);
  char bytes[4096] __attribute__((aligned(8)));
  ssize_t size = read(fd, bytes, sizeof bytes);
  CHECK(size > 0);
  int seen = 0;
  for (ssize_t at = 0; at < size; ++seen) {
    struct inotify_event* event = (struct inotify_event*)(bytes + at);
    say("mask %#x cookie %#x name %s\n", event->mask, event->cookie, event->name);
    at += (ssize_t)(sizeof *event + event->len);
  }
  CHECK(seen == 4 && rmdir(folder) == 0);
  return 0;
}
