// good descriptors, bad pointers.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "program.h"
#define T(x)                                 \
  do {                                       \
    errno = 0;                               \
    long r = (x);                            \
    say("%d: %ld %d\n", __LINE__, r, errno); \
  } while (0)
int main(void) {
  int p[2];
  pipe(p);
  write(p[1], "abc", 3);
  void* b = (void*)8;
  T(read(p[0], b, 3));
  T(write(p[1], b, 3));
  T(fstat(0, b));
  T(pipe(b));
  T(poll(b, 1, 0));
  T(syscall(SYS_select, 5, b, 0, 0, 0));
  T(getcwd(b, 100));
  T(syscall(SYS_uname, b));
  T(syscall(SYS_getrusage, 0, b));
  T(syscall(SYS_times, b));
  T(syscall(SYS_gettimeofday, b, b));
  T(syscall(SYS_clock_gettime, 1, b));
  T(syscall(SYS_nanosleep, b, b));
  int s[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  T(getsockname(s[0], b, b));
  T(recvmsg(s[0], b, MSG_DONTWAIT));
  T(sendmsg(s[0], b, 0));
  T(getsockopt(s[0], 1, 3, b, b));
  T(waitpid(-1, b, 0));
  T(syscall(SYS_rt_sigaction, 10, b, b, 8));
  T(syscall(SYS_rt_sigprocmask, 0, b, b, 8));
  T(syscall(SYS_futex, b, 0, 0, 0, 0, 0));
  T(syscall(SYS_getrandom, b, 10, 0));
  T(syscall(SYS_getdents64, 0, b, 100));
  T(readlink("/proc/self/exe", b, 100));
  T(readlink(b, b, 100));
  int e = epoll_create1(0);
  T(epoll_ctl(e, 1, p[0], b));
  T(syscall(SYS_sysinfo, b));
  T(syscall(SYS_getgroups, 100, b));
  T(syscall(SYS_capget, b, b));
  T(syscall(SYS_prlimit64, 0, 3, 0, b));
  T(syscall(SYS_sigaltstack, b, b));
  T(syscall(SYS_set_robust_list, b, 24));
  char* m = mmap(0, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(m + 4096, 4096, 1);
  T(fstat(0, (void*)(m + 4000)));
  T(syscall(SYS_uname, m + 3900));
  T(read(open("/proc/self/maps", 0), m + 4000, 200));
  T(syscall(SYS_getrandom, m + 4000, 1000, 0));
  T(getcwd(m + 4095, 4));
  unsigned c = 0;
  for (int i = 3900; i < 4096; i++) c += m[i];
  say("%u\n", c);
  struct itimerspec;
  T(syscall(SYS_timer_create, 1, 0, b));
  T(syscall(SYS_sched_getaffinity, 0, 128, b));
  T(syscall(SYS_wait4, -1, b, 0, b));
  return 0;
}
