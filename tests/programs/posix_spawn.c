// posix_spawn with file actions: the child's output goes through a pipe to its parent.
#include <spawn.h>

#include "program.h"
extern char** environ;
int main(void) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  posix_spawn_file_actions_t actions;
  CHECK(posix_spawn_file_actions_init(&actions) == 0);
  CHECK(posix_spawn_file_actions_adddup2(&actions, ends[1], 1) == 0);
  CHECK(posix_spawn_file_actions_addclose(&actions, ends[0]) == 0);
  char* argv[] = {"sh", "-c", "echo spawned $$", NULL};
  pid_t pid;
  CHECK(posix_spawn(&pid, "/bin/sh", &actions, NULL, argv, environ) == 0);
  close(ends[1]);
  char text[100];
  ssize_t got = read(ends[0], text, sizeof text - 1);
  CHECK(got > 0);
  text[got] = 0;
  say("%d said: %s", pid, text);
  CHECK(wait_for(pid) == 0);
  posix_spawn_file_actions_destroy(&actions);
  return 0;
}
