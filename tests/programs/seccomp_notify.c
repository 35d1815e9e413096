// A supervisor answers the calls of its child through SECCOMP_RET_USER_NOTIF.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "program.h"

// ERESTARTSYS: without a signal the program is given it as it is.
enum { kRestart = 512 };

int main(void) {
  int sp[2];
  CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sp));
  pid_t p = fork();
  if (!p) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    struct sock_filter f[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
                              BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
                              BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
                              BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdir, 0, 1),
                              BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
                              BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog g = {6, f};
    int l = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &g);
    CHECK(l >= 0);
    char cb[CMSG_SPACE(4)];
    struct iovec v = {"x", 1};
    struct msghdr m = {0, 0, &v, 1, cb, sizeof cb, 0};
    struct cmsghdr* c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(4);
    memcpy(CMSG_DATA(c), &l, 4);
    CHECK(sendmsg(sp[1], &m, 0) == 1);
    close(l);
    for (int i = 0; i < 3; i++) say("ppid %ld\n", syscall(SYS_getppid));
    int r = syscall(SYS_mkdir, "/nonexistent/x", 0700);
    say("mkdir %d %d\n", r, errno);
    r = syscall(SYS_mkdir, "/nonexistent/y", 0700);
    say("mkdir %d %d\n", r, errno);
    r = syscall(SYS_mkdir, "/nonexistent/z", 0700);
    CHECK(r == -1 && errno == kRestart);
    say("after it\n");
    _exit(0);
  }
  char b, cb[CMSG_SPACE(4)];
  struct iovec v = {&b, 1};
  struct msghdr m = {0, 0, &v, 1, cb, sizeof cb, 0};
  CHECK(recvmsg(sp[0], &m, 0) == 1);
  int l;
  memcpy(&l, CMSG_DATA(CMSG_FIRSTHDR(&m)), 4);
  for (int i = 0; i < 6; i++) {
    struct seccomp_notif n;
    memset(&n, 0, sizeof n);
    CHECK(!ioctl(l, SECCOMP_IOCTL_NOTIF_RECV, &n));
    say("notif nr %d pid %d\n", n.data.nr, n.pid == (unsigned)p);
    CHECK(!ioctl(l, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id));
    struct seccomp_notif_resp r = {n.id, i < 3 ? 4242 + i : 0,
                                   i == 3   ? -EEXIST
                                   : i == 5 ? -kRestart
                                            : 0,
                                   i == 4 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0};
    CHECK(!ioctl(l, SECCOMP_IOCTL_NOTIF_SEND, &r));
  }
  CHECK(wait_for(p) == 0);
}
