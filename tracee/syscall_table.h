#pragma once

// What every system call of x86-64 writes into the memory of its caller: data, not code. One row per call;
// one interpreter (tracee/syscall_interpreter.h) turns a row, the arguments and the result into address
// ranges. docs/HOWTO_ADD_SYSCALL.md shows how to add one.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

namespace bygone {

// How a call is treated besides what it writes.
enum class CallClass : uint8_t {
  plain,          // effect is its result and the memory its row names
  address_space,  // changes mappings: mmap, munmap, mprotect, mremap, brk, madvise, shmat, shmdt...
  task,  // makes or ends tasks, or changes what they run: clone, fork, vfork, execve, exit, exit_group
  signal_return,  // rt_sigreturn
  refused,        // answered with an error instead of being run; see refusal_errno
};

// When a written range is there to be recorded. EFAULT counts as success everywhere: the kernel may have
// written up to the page it stumbled over. ENOSYS never writes.
enum class WrittenWhen : uint8_t {
  success,   // result >= 0
  always,    // whatever the result
  failure,   // result < 0 (nanosleep's remainder)
  accepted,  // whatever the result unless it is EINVAL or EBADF: the kernel looked at the arguments and
             // refused
  invalid,   // the result is EINVAL: found out when the rest was done
};

// How the size of a written range is found: base + count * unit bytes, where the rule says what the count is.
enum class SizeRule : uint8_t {
  fixed,         // no count: base bytes
  argument,      // the value of count_argument
  pages,         // count_argument divided by the page size, rounded up (mincore(2))
  bits,          // count_argument bits, rounded up to longs (select(2)); unit and base do not apply
  result,        // the result, but no more than count_argument where there is one
  field_u32,     // the u32 at count_argument + count_offset, as it is after the call
  field_u64,     // the same for a u64
  in_out_u32,    // like field_u32, but no more than it was before the call (socklen_t)
  string,        // up to and including the first NUL
  iovec_result,  // the pointer is a struct iovec[count_argument]; the result's bytes are spread over it in
                 // order
  iovec_full,    // like iovec_result, all of every element
  msghdr,   // the pointer is a struct msghdr as recvmsg(2) leaves it: itself, name, control, iovec (result
            // bytes)
  mmsghdr,  // the pointer is a struct mmsghdr[count_argument], `result` of them filled by recvmmsg(2)
  iocbs,  // the pointer is a struct iocb*[count_argument] as io_submit(2) takes it: what its reads write too
  other_process,  // like iovec_result, in the address space of the process whose pid is argument 0
};

inline constexpr uint8_t kNoArgument = 0xff;
inline constexpr int16_t kDirect = -1;

struct Written {
  uint8_t argument = 0;  // 0..5: which argument is the pointer; a null pointer writes nothing
  SizeRule rule = SizeRule::fixed;
  WrittenWhen when = WrittenWhen::success;
  uint8_t count_argument = kNoArgument;
  uint16_t count_offset = 0;
  // kDirect, or the offset of the pointer that is meant inside the structure that `argument` points at.
  int16_t through = kDirect;
  uint32_t unit = 1;
  uint32_t base = 0;
  bool narrow = false;  // the kernel takes the count for an int: the upper half of the register means nothing

  constexpr Written on(WrittenWhen w) const {
    Written copy = *this;
    copy.when = w;
    return copy;
  }
  constexpr Written via(int16_t offset) const {
    Written copy = *this;
    copy.through = offset;
    return copy;
  }
  constexpr Written as_int() const {
    Written copy = *this;
    copy.narrow = true;
    return copy;
  }
  constexpr Written plus(uint32_t bytes) const {
    Written copy = *this;
    copy.base = bytes;
    return copy;
  }
};

// The words rows are written in.
namespace written {
constexpr Written fixed(uint8_t pointer, uint32_t bytes, WrittenWhen when = WrittenWhen::success) {
  return {.argument = pointer, .when = when, .base = bytes};
}
constexpr Written counted(SizeRule rule, uint8_t pointer, uint8_t count_argument, uint32_t unit = 1) {
  return {.argument = pointer, .rule = rule, .count_argument = count_argument, .unit = unit};
}
constexpr Written by_argument(uint8_t pointer, uint8_t count, uint32_t unit = 1) {
  return counted(SizeRule::argument, pointer, count, unit);
}
constexpr Written by_result(uint8_t pointer, uint8_t limit = kNoArgument, uint32_t unit = 1) {
  return counted(SizeRule::result, pointer, limit, unit);
}
constexpr Written by_field_u32(uint8_t pointer, uint8_t holder, uint16_t offset = 0, uint32_t unit = 1) {
  Written w = counted(SizeRule::field_u32, pointer, holder, unit);
  w.count_offset = offset;
  return w;
}
constexpr Written by_field_u64(uint8_t pointer, uint8_t holder, uint16_t offset = 0, uint32_t unit = 1) {
  Written w = counted(SizeRule::field_u64, pointer, holder, unit);
  w.count_offset = offset;
  return w;
}
constexpr Written in_out(uint8_t pointer, uint8_t length, uint32_t unit = 1) {
  return counted(SizeRule::in_out_u32, pointer, length, unit);
}
constexpr Written string(uint8_t pointer) {
  return {.argument = pointer, .rule = SizeRule::string};
}
}  // namespace written

// A short list held in place, so that a table is one block of constants.
class WrittenList {
 public:
  constexpr WrittenList() = default;
  constexpr WrittenList(std::initializer_list<Written> list) {
    for (const Written& w : list) items_[size_++] = w;
  }
  constexpr const Written* begin() const { return items_.data(); }
  constexpr const Written* end() const { return items_.data() + size_; }
  constexpr bool empty() const { return size_ == 0; }

 private:
  std::array<Written, 5> items_{};
  uint8_t size_ = 0;
};

// What one ioctl request, one fcntl command, one prctl option... writes. The arguments are the call's.
struct OptionRow {
  uint64_t option = 0;
  std::string_view name;
  WrittenList written{};
  bool may_block = false;
  bool unknown = false;  // there is such an option, and what it writes cannot be said here
};

// What is true of an option that has no row.
enum class Unlisted : uint8_t {
  unknown,         // nothing is known: Capture::unknown names it
  writes_nothing,  // the row of the call itself says it all
  by_direction,  // ioctl(2): believe the direction and size that the request encodes, where its type is known
                 // to be honest
};

struct OptionTable {
  uint8_t argument = 0;                 // holds the option...
  uint8_t high_argument = kNoArgument;  // ...and this one its upper 32 bits (getsockopt's level), if any
  uint8_t shift = 0;                    // first shifted right by this,
  uint64_t mask = 0xffffffff;           // then masked
  Unlisted unlisted = Unlisted::unknown;
  std::span<const OptionRow> rows;  // ascending by option
};

struct CallRow {
  int number = -1;
  std::string_view name;
  CallClass call_class = CallClass::plain;
  bool may_block = false;  // may sleep for long: the task can lose its turn inside it. may_block() of the
                           // interpreter is finer, since it looks at the option
  WrittenList written{};
  const OptionTable* options = nullptr;
  int refusal_errno = 0;  // for CallClass::refused
};

// nullptr for a number without a row.
const CallRow* find_call(int64_t number);
const CallRow* find_call_by_name(std::string_view name);
// All rows, by number.
std::span<const CallRow> all_calls();

// nullptr where the option has no row.
const OptionRow* find_option(const OptionTable& table, uint64_t option);

// "openat", or "call 999" for numbers the table does not know.
std::string_view call_name(int64_t number);

// "ENOENT" for 2, "ERESTARTSYS" for 512; "" if unknown. "SIGSEGV" for 11, "SIGRT34" for real-time signals.
std::string_view errno_name(int number);
std::string_view signal_name(int number);

}  // namespace bygone
