#include "tracee/sleep_calls.h"

#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "tracee/call_result.h"

namespace bygone {

namespace {

using Limit = SleepCall::Limit;

constexpr SleepCall kSleepCalls[] = {
    {SYS_epoll_wait, Limit::milliseconds, Register::r10, 0},
    {SYS_epoll_pwait, Limit::milliseconds, Register::r10, 0},
    {SYS_epoll_pwait2, Limit::timespec, Register::r10, 0},
    {SYS_rt_sigtimedwait, Limit::timespec, Register::rdx, -EAGAIN},
    {SYS_semtimedop, Limit::timespec, Register::r10, -EAGAIN},
    {SYS_semop, Limit::never, Register::rdi, 0},
    {SYS_read, Limit::socket_input, Register::rdi, -EAGAIN},
    {SYS_readv, Limit::socket_input, Register::rdi, -EAGAIN},
    {SYS_recvfrom, Limit::socket_input, Register::rdi, -EAGAIN},
    {SYS_recvmsg, Limit::socket_input, Register::rdi, -EAGAIN},
    {SYS_recvmmsg, Limit::socket_input, Register::rdi, -EAGAIN},
    {SYS_accept, Limit::socket_input, Register::rdi, -EAGAIN},
    {SYS_accept4, Limit::socket_input, Register::rdi, -EAGAIN},
    {SYS_write, Limit::socket_output, Register::rdi, -EAGAIN},
    {SYS_writev, Limit::socket_output, Register::rdi, -EAGAIN},
    {SYS_sendto, Limit::socket_output, Register::rdi, -EAGAIN},
    {SYS_sendmsg, Limit::socket_output, Register::rdi, -EAGAIN},
    {SYS_sendmmsg, Limit::socket_output, Register::rdi, -EAGAIN},
};

}  // namespace

const SleepCall* find_sleep_call(uint64_t number) {
  const auto found = std::ranges::find(kSleepCalls, number, &SleepCall::number);
  return found == std::end(kSleepCalls) ? nullptr : found;
}

bool begin_again_if_stopped(Registers& registers) {
  if (int64_t(registers[Register::rax]) != -EINTR) return false;
  if (find_sleep_call(registers[Register::orig_rax]) == nullptr) return false;
  registers[Register::rax] = uint64_t(kRestartNoHand);
  return true;
}

}  // namespace bygone
