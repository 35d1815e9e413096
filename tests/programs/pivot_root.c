// a mount namespace with tmpfs, bind mounts, pivot_root, exec of a program copied there.
#include <sched.h>
#include <sys/mount.h>

#include "program.h"
int main(int c, char** v) {
  if (c > 1) {
    say("inside %d\n", access("/tmp", 0));
    return 0;
  }
  pid_t k = fork();
  if (!k) {
    CHECK(unshare(CLONE_NEWNS) == 0);
    CHECK(mount("none", "/", 0, MS_REC | MS_PRIVATE, 0) == 0);
    mkdir("/tmp/pvr", 0700);
    CHECK(mount("tmpfs", "/tmp/pvr", "tmpfs", 0, 0) == 0);
    mkdir("/tmp/pvr/old", 0700);
    mkdir("/tmp/pvr/lib64", 0700);
    mkdir("/tmp/pvr/lib", 0700);
    mkdir("/tmp/pvr/usr", 0700);
    CHECK(mount("/lib64", "/tmp/pvr/lib64", 0, MS_BIND, 0) == 0);
    mount("/lib", "/tmp/pvr/lib", 0, MS_BIND, 0);
    mount("/usr", "/tmp/pvr/usr", 0, MS_BIND | MS_REC, 0);
    int a = open("/proc/self/exe", 0), b = open("/tmp/pvr/me", O_CREAT | O_WRONLY, 0700);
    char buf[65536];
    ssize_t n;
    while ((n = read(a, buf, 65536)) > 0) write(b, buf, n);
    close(b);
    CHECK(syscall(SYS_pivot_root, "/tmp/pvr", "/tmp/pvr/old") == 0);
    chdir("/");
    CHECK(umount2("/old", MNT_DETACH) == 0);
    execl("/me", "me", "1", NULL);
    _exit(9);
  }
  CHECK(wait_for(k) == 0);
  rmdir("/tmp/pvr");
  return 0;
}
