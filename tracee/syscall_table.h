#pragma once

// What every system call of x86-64 writes into the memory of its caller: data, not code. One row per call; one
// interpreter (tracee/syscall_interpreter.h) turns a row, the arguments and the result into address ranges.
// docs/HOWTO_ADD_SYSCALL.md shows how to add one.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bygone {

// How a call is treated besides what it writes.
enum class CallClass : uint8_t {
  plain,          // effect is its result and the memory its row names
  address_space,  // changes mappings: mmap, munmap, mprotect, mremap, brk, madvise, shmat, shmdt...
  task,           // makes or ends tasks, or changes what they run: clone, fork, vfork, execve, exit, exit_group
  signal_return,  // rt_sigreturn
  refused,        // answered with an error instead of being run; see refusal_errno
};

// When a written range is there to be recorded.
enum class WrittenWhen : uint8_t {
  success,  // result >= 0
  always,   // whatever the result
  failure,  // result < 0 (nanosleep's remainder on EINTR)
};

// How the size of a written range is found. `a` and `b` are the row's parameters.
enum class SizeRule : uint8_t {
  fixed,             // a bytes
  argument,          // argument a times b bytes
  result,            // the result times a bytes
  pointee_u32,       // the u32 (socklen_t) argument a points at, after the call, times b, but no more than it was before the call where that is known
  pointee_u64,       // the u64 (size_t) argument a points at, after the call, times b
  string,            // up to and including the first NUL
  iovec_result,      // the pointer is a struct iovec[argument a]; the result's bytes are spread over it in order
  iovec_full,        // like iovec_result, all of every element
  msghdr,            // the pointer is a struct msghdr as recvmsg(2) leaves it: name, control, iov (result bytes), itself
  mmsghdr,           // struct mmsghdr[result]: each with its own msg_len
  fd_set,            // a bit set of argument a bits, rounded up to longs (select(2))
  ioctl,             // by request: the ioctl table
  special,           // a function of its own in the interpreter, named by the call
};

struct Written {
  uint8_t argument = 0;  // 0..5: which argument is the pointer; a null pointer writes nothing
  SizeRule rule = SizeRule::fixed;
  uint32_t a = 0;
  uint32_t b = 1;
  WrittenWhen when = WrittenWhen::success;
};

struct CallRow {
  int number = -1;
  std::string_view name;
  CallClass call_class = CallClass::plain;
  bool may_block = false;      // may sleep for long: the task can lose its turn inside it
  int refusal_errno = 0;       // for CallClass::refused
  std::span<const Written> written;
};

// nullptr for a number without a row.
const CallRow* find_call(int64_t number);
const CallRow* find_call_by_name(std::string_view name);
// All rows, by number.
std::span<const CallRow> all_calls();

// "openat", or "call 999" for numbers the kernel headers do not know.
std::string_view call_name(int64_t number);

// "ENOENT" for 2; "" if unknown. "SIGSEGV" for 11, "SIGRT33" for real-time signals.
std::string_view errno_name(int number);
std::string_view signal_name(int number);

}  // namespace bygone
