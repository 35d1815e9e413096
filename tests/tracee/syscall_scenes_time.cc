#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <array>

#include "syscall_scene.h"

namespace bygone {
namespace {

constexpr uint64_t kBad = 8;
using Pair = std::array<uint64_t, 2>;
using Quad = std::array<uint64_t, 4>;
constexpr Pair kLong = {100, 0}, kShort = {0, 1000};

// A signal that interrupts whatever call comes next, a little later.
void interrupt_soon() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(SIGALRM, &action, nullptr);
  const itimerval in_a_moment = {{0, 0}, {0, 20000}};
  setitimer(ITIMER_REAL, &in_a_moment, nullptr);
}

void clocks(Scene& s) {
  for (const uint64_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_BOOTTIME}) {
    s.succeed(SYS_clock_gettime, clock, s.buffer(16));
    s.succeed(SYS_clock_getres, clock, s.buffer(16));
  }
  s.call(SYS_clock_gettime, 99, s.buffer(16));
  s.call(SYS_clock_gettime, 0, kBad);
  s.succeed(SYS_gettimeofday, s.buffer(16), s.buffer(8));
  s.succeed(SYS_gettimeofday, s.buffer(16), 0);
  s.succeed(SYS_time, s.buffer(8));
  s.succeed(SYS_times, s.buffer(32));
  s.call(SYS_adjtimex, s.put(std::array<uint64_t, 26>{}));
  s.call(SYS_clock_adjtime, CLOCK_REALTIME, s.put(std::array<uint64_t, 26>{}));
  s.call(SYS_adjtimex, s.put(std::array<uint64_t, 26>{1}));
  s.call(SYS_clock_settime, 99, s.put(kLong));
  s.call(SYS_settimeofday, kBad, 0);
}

void sleeping(Scene& s) {
  s.succeed(SYS_nanosleep, s.put(kShort), s.buffer(16));
  s.succeed(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, s.put(kShort), s.buffer(16));
  interrupt_soon();
  s.call(SYS_nanosleep, s.put(kLong), s.buffer(16));
  interrupt_soon();
  s.call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, s.put(kLong), s.buffer(16));
  interrupt_soon();
  s.call(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, s.put(Pair{1ul << 40, 0}), s.buffer(16));
  interrupt_soon();
  s.call(SYS_pause);
  s.call(SYS_nanosleep, s.put(Pair{0, 1ul << 40}), s.buffer(16));
  s.call(SYS_sched_yield);
}

void timers(Scene& s) {
  s.succeed(SYS_setitimer, ITIMER_REAL, s.put(Quad{0, 0, 50, 0}), s.buffer(32));
  s.succeed(SYS_getitimer, ITIMER_REAL, s.buffer(32));
  s.succeed(SYS_setitimer, ITIMER_REAL, s.put(Quad{}), s.buffer(32));
  s.succeed(SYS_alarm, 15);
  const uint64_t id = s.buffer(4);
  s.succeed(SYS_timer_create, CLOCK_MONOTONIC, 0, id);
  s.call(SYS_timer_create, 99, 0, s.buffer(4));
  const int timer = s.get<int>(id);
  s.succeed(SYS_timer_settime, timer, 0, s.put(Quad{0, 0, 50, 0}), s.buffer(32));
  s.succeed(SYS_timer_gettime, timer, s.buffer(32));
  s.succeed(SYS_timer_getoverrun, timer);
  s.succeed(SYS_timer_delete, timer);
  s.call(SYS_timer_gettime, timer, s.buffer(32));
  const int64_t fd = s.succeed(SYS_timerfd_create, CLOCK_MONOTONIC, O_NONBLOCK);
  s.succeed(SYS_timerfd_settime, fd, 0, s.put(Quad{0, 0, 0, 1000}), s.buffer(32));
  s.succeed(SYS_timerfd_gettime, fd, s.buffer(32));
  usleep(3000);
  s.succeed(SYS_read, fd, s.buffer(8), 8);
  s.call(SYS_read, fd, s.buffer(8), 8);
}

void polling(Scene& s) {
  const uint64_t ends = s.buffer(8);
  s.succeed(SYS_pipe2, ends, O_NONBLOCK);
  const int in = s.get<int>(ends), out = s.get<int>(ends + 4);
  const auto wanted = [&] {
    return s.put(std::array{pollfd{in, POLLIN, -1}, pollfd{-1, POLLIN, -1}, pollfd{999, POLLIN, -1}});
  };
  const auto reading = [&] { return s.put(pollfd{in, POLLIN, -1}); };
  const auto set = [&](int fd) {
    fd_set bits;
    FD_ZERO(&bits);
    FD_SET(fd, &bits);
    return s.put(bits);
  };
  s.succeed(SYS_poll, wanted(), 3, 0);
  s.succeed(SYS_poll, reading(), 1, 1);
  s.succeed(SYS_poll, reading(), 0xffffffff00000001, 1);
  s.succeed(SYS_ppoll, reading(), 1, s.put(kShort), 0, 8);
  s.succeed(SYS_ppoll, reading(), 0xffffffff00000001, s.put(kShort), 0, 8);
  s.succeed(SYS_select, in + 1, set(in), 0, set(in), s.put(Pair{0, 1000}));
  s.succeed(SYS_pselect6, in + 1, set(in), 0, set(in), s.put(kShort), 0);
  interrupt_soon();
  s.call(SYS_poll, reading(), 1, 10000);
  interrupt_soon();
  s.call(SYS_ppoll, reading(), 1, s.put(kLong), 0, 8);
  interrupt_soon();
  s.call(SYS_select, in + 1, set(in), 0, 0, s.put(Pair{100, 0}));
  interrupt_soon();
  s.call(SYS_pselect6, in + 1, set(in), 0, 0, s.put(kLong), 0);
  s.succeed(SYS_write, out, s.text("x"), 1);
  s.succeed(SYS_poll, wanted(), 3, 0);
  s.succeed(SYS_ppoll, wanted(), 3, s.put(kLong), 0, 8);
  s.succeed(SYS_select, 1000, set(in), set(out), set(in), s.put(Pair{100, 0}));
  s.succeed(SYS_pselect6, out + 1, set(in), set(out), 0, s.put(kLong), 0);
  s.call(SYS_select, -1, set(in), 0, 0, 0);
  s.call(SYS_select, 1000, set(999), 0, 0, s.put(Pair{0, 1000}));
  s.call(SYS_poll, kBad, 3, 0);
  s.call(SYS_poll, wanted(), 1 << 30, 0);
}

void epoll(Scene& s) {
  const int64_t fd = s.succeed(SYS_epoll_create1, 0);
  s.succeed(SYS_epoll_create, 1);
  const int64_t counter = s.succeed(SYS_eventfd2, 1, O_NONBLOCK);
  s.succeed(SYS_eventfd, 1);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = 0x1122334455667788;
  s.succeed(SYS_epoll_ctl, fd, EPOLL_CTL_ADD, counter, s.put(event));
  s.succeed(SYS_epoll_wait, fd, s.buffer(120), 10, 0);
  s.succeed(SYS_epoll_pwait, fd, s.buffer(120), 10, 0, 0, 8);
  s.succeed(SYS_epoll_pwait2, fd, s.buffer(120), 10, s.put(kShort), 0, 8);
  s.succeed(SYS_read, counter, s.buffer(8), 8);
  s.succeed(SYS_epoll_wait, fd, s.buffer(120), 10, 0);
  s.call(SYS_read, counter, s.buffer(8), 8);
  s.call(SYS_epoll_wait, fd, s.buffer(120), 0, 0);
  interrupt_soon();
  s.call(SYS_epoll_wait, fd, s.buffer(120), 10, 10000);
}

}  // namespace

std::vector<NamedScene> time_scenes() {
  return {
      {"Clocks", clocks}, {"Sleeping", sleeping}, {"Timers", timers}, {"Polling", polling}, {"Epoll", epoll}};
}

}  // namespace bygone
