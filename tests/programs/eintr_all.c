// EINTR of every blocking call, by a timer's signal without SA_RESTART.
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "program.h"
static void h(int s, siginfo_t* i, void* u) {}
static void arm(void) {
  struct itimerval t = {{0, 2000}, {0, 1500}};
  setitimer(ITIMER_REAL, &t, 0);
}
static void dis(void) {
  struct itimerval t = {0};
  setitimer(ITIMER_REAL, &t, 0);
}
#define E(x)                       \
  do {                             \
    arm();                         \
    errno = 0;                     \
    long r = (x);                  \
    int e = errno;                 \
    dis();                         \
    say("%s: %ld %d\n", #x, r, e); \
    CHECK(r < 0 && (e == EINTR));  \
  } while (0)
int main(void) {
  on_signal(SIGALRM, h, 0);
  int p[2];
  pipe(p);
  char b[70000];
  struct pollfd q = {p[0], POLLIN, 0};
  fd_set f;
  FD_ZERO(&f);
  FD_SET(p[0], &f);
  E(read(p[0], b, 1));
  E(poll(&q, 1, -1));
  E(select(p[0] + 1, &f, 0, 0, 0));
  FD_SET(p[0], &f);
  struct timespec ts = {5, 0};
  E(pselect(p[0] + 1, &f, 0, 0, &ts, 0));
  E(ppoll(&q, 1, &ts, 0));
  int ep = epoll_create1(0);
  struct epoll_event ev;
  E(epoll_wait(ep, &ev, 1, -1));
  E(pause());
  sigset_t no;
  sigemptyset(&no);
  E(sigsuspend(&no));
  E(nanosleep(&ts, &ts));
  int fu = 0;
  E(syscall(SYS_futex, &fu, FUTEX_WAIT, 0, 0, 0, 0));
  ts.tv_sec = 5;
  E(syscall(SYS_futex, &fu, FUTEX_WAIT, 0, &ts, 0, 0));
  int s[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  E(recv(s[0], b, 1, 0));
  struct msghdr mh = {0};
  struct iovec io = {b, 1};
  mh.msg_iov = &io;
  mh.msg_iovlen = 1;
  E(recvmsg(s[0], &mh, 0));
  fcntl(s[0], F_SETFL, O_NONBLOCK);
  while (write(s[0], b, 4096) > 0)
    ;
  fcntl(s[0], F_SETFL, 0);
  E(send(s[0], b, 4096, 0));
  int l = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un a = {AF_UNIX, "\0h3eintr"};
  bind(l, (void*)&a, sizeof a);
  listen(l, 1);
  E(accept(l, 0, 0));
  int sem = semget(IPC_PRIVATE, 1, 0600);
  struct sembuf sb = {0, -1, 0};
  E(semop(sem, &sb, 1));
  semctl(sem, 0, IPC_RMID);
  int mq = msgget(IPC_PRIVATE, 0600);
  E(msgrcv(mq, b, 10, 0, 0));
  msgctl(mq, IPC_RMID, 0);
  sigset_t w;
  sigemptyset(&w);
  sigaddset(&w, SIGUSR1);
  E(sigtimedwait(&w, 0, 0));
  pid_t k = fork();
  if (!k) {
    for (;;) pause();
  }
  E(waitpid(k, 0, 0));
  siginfo_t si;
  E(waitid(P_ALL, 0, &si, WEXITED));
  kill(k, 9);
  waitpid(k, 0, 0);
  arm();
  ts.tv_sec = 5;
  long r = clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts);
  CHECK(r == EINTR);
  dis();
  return 0;
}
