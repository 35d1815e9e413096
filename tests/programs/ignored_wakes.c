// A signal comes, and who ignores it sleeps on in calls that fail with EINTR whenever they are
// woken, until their time is over; many such signals do not put that off. A handled signal does end them, and
// so does being stopped.
#include <sys/epoll.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "program.h"

static int epoll, semaphore, sockets[2];

static const struct timespec kLimit = {0, 200000000};

static long sleep_in(int which) {
  struct epoll_event event;
  struct sembuf take = {0, -1, 0};
  sigset_t set;
  char byte;
  sigemptyset(&set);
  switch (which) {
    case 0:
      return epoll_wait(epoll, &event, 1, 200);
    case 1:
      return epoll_pwait(epoll, &event, 1, 200, &set);
    case 2:
      return syscall(SYS_epoll_pwait2, epoll, &event, 1, &kLimit, 0, 8);
    case 3:
      sigaddset(&set, SIGUSR2);
      return sigtimedwait(&set, 0, &kLimit);
    case 4:
      return semtimedop(semaphore, &take, 1, &kLimit);
    case 5:
      return recv(sockets[0], &byte, 1, 0);
    default:
      return read(sockets[0], &byte, 1);
  }
}

static void handle(int number, siginfo_t* info, void* context) {
  (void)number, (void)info, (void)context;
}

// A child that sends its parent a signal every `delay_ms`.
static pid_t send_signals(int times, int delay_ms) {
  const pid_t child = fork();
  if (child != 0) return child;
  for (int i = 0; i < times; ++i) {
    usleep(delay_ms * 1000);
    kill(getppid(), SIGWINCH);
  }
  _exit(0);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

// Calls that have done a part of their work when the signal comes.
static void move_much(void) {
  enum { SIZE = 400000 };
  static char bytes[SIZE];
  int status, ends[2], pair[2];
  CHECK(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    for (long taken = 0; taken < SIZE;) {
      const long now = read(ends[0], bytes, SIZE);
      CHECK(now > 0);
      taken += now;
      kill(getppid(), SIGWINCH);
      usleep(5000);
    }
    for (int i = 0; i < 12; ++i) {
      usleep(5000);
      CHECK(write(pair[1], "x", 1) == 1 && kill(getppid(), SIGWINCH) == 0);
    }
    _exit(0);
  }
  const long written = write(ends[1], bytes, SIZE);
  const long received = recv(pair[0], bytes, 12, MSG_WAITALL);
  say("wrote %ld, received %ld\n", written, received);
  CHECK(written == SIZE && received == 12);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
}

int main(void) {
  struct epoll_event event = {EPOLLIN, {0}};
  const struct timeval limit = {0, 200000};
  int status;
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
  CHECK((epoll = epoll_create1(0)) >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, sockets[0], &event) == 0);
  CHECK(setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  CHECK((semaphore = semget(IPC_PRIVATE, 1, 0600)) >= 0);
  for (int which = 0; which < 7; ++which) {
    const double began = now();
    const pid_t child = send_signals(1000, 50);
    errno = 0;
    const long result = sleep_in(which);
    const int error = result < 0 ? errno : 0;
    say("%d: %ld, errno %d\n", which, result, error);
    CHECK(which < 3 ? result == 0 : result == -1 && error == EAGAIN);
    CHECK(now() - began > 0.19);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
  }
  move_much();
  on_signal(SIGWINCH, handle, SA_RESTART);
  for (int which = 0; which < 7; ++which) {
    const pid_t child = send_signals(1, 20);
    const long result = sleep_in(which);
    CHECK(result == -1 && errno == EINTR);
    CHECK(waitpid(child, &status, 0) == child);
  }
  for (int which = 0; which < 7; ++which) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(5);
      _exit(sleep_in(which) == -1 && errno == EINTR ? 0 : 1);
    }
    usleep(20000);
    CHECK(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    CHECK(kill(child, SIGCONT) == 0 && waitpid(child, &status, 0) == child);
    say("stopped in %d: %d\n", which, status);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  CHECK(semctl(semaphore, 0, IPC_RMID) == 0);
  return 0;
}
