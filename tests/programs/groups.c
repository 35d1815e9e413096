// Process groups, sessions, users and groups.
#include <grp.h>

#include "program.h"
int main(void) {
  gid_t groups[64];
  int count = getgroups(64, groups);
  uid_t real, effective, saved;
  CHECK(count >= 0 && getresuid(&real, &effective, &saved) == 0);
  say("uid %d %d %d, %d groups, pgid %d, sid %d\n", real, effective, saved, count, getpgid(0), getsid(0));
  pid_t pid = fork();
  if (pid == 0) {
    CHECK(setpgid(0, 0) == 0 && getpgrp() == getpid());
    say("group %d\n", getpgrp());
    _exit(0);
  }
  CHECK(wait_for(pid) == 0);
  return 0;
}
