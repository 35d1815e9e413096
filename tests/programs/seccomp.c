// The program's own seccomp filters: a call that traps, one that fails, one nobody traces, a thread that is
// killed, one filter for all threads, exec under a filter, and a process that answers for another.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "program.h"
static long filter(int call, unsigned action, unsigned flags) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {4, code};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}
static void handler(int number, siginfo_t* info, void* context) {
  say("signal %d code %d call %d\n", number, info->si_code, info->si_syscall);
  ((ucontext_t*)context)->uc_mcontext.gregs[REG_RAX] = 42;
}
static void* ask(void* argument) {
  errno = 0;
  const long result = syscall(SYS_getppid);
  if (result < 0) say("%ld, errno %d\n", result, errno);
  return argument;
}
static void in_thread(void) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, ask, NULL) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
}
static void traps(void) {
  on_signal(SIGSYS, handler, SA_SIGINFO);
  filter(SYS_getppid, SECCOMP_RET_TRAP | 7, 0);
  say("%ld\n", syscall(SYS_getppid));
}
static void fails(void) {
  filter(SYS_getppid, SECCOMP_RET_ERRNO | 13, 0);
  ask(NULL);
}
static void untraced(void) {
  filter(SYS_getppid, SECCOMP_RET_TRACE, 0);
  ask(NULL);
}
static void kills_thread(void) {
  filter(SYS_getppid, SECCOMP_RET_KILL_THREAD, 0);
  in_thread();
}
static void for_all_threads(void) {
  in_thread();
  CHECK(filter(SYS_getppid, SECCOMP_RET_ERRNO | 5, SECCOMP_FILTER_FLAG_TSYNC) == 0);
  in_thread();
}
static void executes(void) {
  filter(SYS_mprotect, SECCOMP_RET_ERRNO | 13, 0);
  execl("/proc/self/exe", "seccomp", "again", NULL);
}
static void answered(void) {
  int sockets[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
  char data = 1, control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec vector = {&data, 1};
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  const pid_t child = fork();
  if (child == 0) {
    const int listener = (int)filter(SYS_getppid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(header), &listener, sizeof listener);
    CHECK(sendmsg(sockets[1], &message, 0) == 1);
    say("answered %ld\n", syscall(SYS_getppid));
    _exit(0);
  }
  CHECK(recvmsg(sockets[0], &message, 0) == 1);
  int listener;
  memcpy(&listener, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof listener);
  struct seccomp_notif request = {0};
  CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) == 0);
  struct seccomp_notif_resp response = {.id = request.id, .val = 777};
  CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0);
  wait(NULL);
}
int main(int argc, char** argv) {
  (void)argv;
  if (argc > 1) return 0;
  void (*const parts[])(void) = {traps, fails, untraced, kills_thread, for_all_threads, executes, answered};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      parts[i]();
      _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    say("%zu: %x\n", i, status);
  }
  return 0;
}
