#include "tracee/syscall_interpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <vector>

#include "tracee/address_space.h"

namespace bygone {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAre;

// Bytes a test has put somewhere; everything else is unmapped.
class FakeMemory : public MemoryReader {
 public:
  template <class T>
  void put(uint64_t at, const T& value) {
    for (size_t i = 0; i < sizeof value; ++i) bytes_[at + i] = reinterpret_cast<const std::byte*>(&value)[i];
  }
  bool read(Address from, std::span<std::byte> out) override {
    ++reads;
    for (size_t i = 0; i < out.size(); ++i) {
      const auto it = bytes_.find(from.value + i);
      if (it == bytes_.end()) return false;
      out[i] = it->second;
    }
    return true;
  }
  int reads = 0;

 private:
  std::map<uint64_t, std::byte> bytes_;
};

Registers call(uint64_t number, std::vector<uint64_t> arguments) {
  constexpr Register kArguments[] = {Register::rdi, Register::rsi, Register::rdx,
                                     Register::r10, Register::r8,  Register::r9};
  Registers registers;
  registers[Register::orig_rax] = number;
  for (size_t i = 0; i < arguments.size(); ++i) registers[kArguments[i]] = arguments[i];
  return registers;
}

MemoryRange at(uint64_t start, uint64_t size) {
  return range_of(Address{start}, size);
}

Capture run(const Registers& registers, int64_t result, FakeMemory& memory) {
  return written_by(note_entry(registers, memory), result, memory);
}

struct Case {
  const char* what;
  long number;
  std::vector<uint64_t> arguments;
  int64_t result;
  std::vector<MemoryRange> expected;
};

TEST(SyscallInterpreter, FindsWhatPlainCallsWroteWithoutReadingMemory) {
  constexpr uint64_t p = 0x10000, q = 0x20000, r = 0x30000;
  const Case cases[] = {
      {"read takes the result's bytes", SYS_read, {3, p, 4096}, 10, {at(p, 10)}},
      {"read at the end of file writes nothing", SYS_read, {3, p, 4096}, 0, {}},
      {"read that failed writes nothing", SYS_read, {3, p, 4096}, -EAGAIN, {}},
      {"read that was interrupted writes nothing", SYS_read, {3, p, 4096}, -512, {}},
      {"write writes nothing", SYS_write, {1, p, 10}, 10, {}},
      {"recvfrom with MSG_TRUNC reports more than it wrote",
       SYS_recvfrom,
       {3, p, 16, MSG_TRUNC, 0, 0},
       900,
       {at(p, 16)}},
      {"fstat", SYS_fstat, {3, p}, 0, {at(p, 144)}},
      {"fstat that failed", SYS_fstat, {3, p}, -EBADF, {}},
      {"newfstatat", SYS_newfstatat, {3, q, p, 0}, 0, {at(p, 144)}},
      {"pipe2", SYS_pipe2, {p, 0}, 0, {at(p, 8)}},
      {"socketpair that failed late", SYS_socketpair, {1, 1, 7, p}, -EOPNOTSUPP, {at(p, 8)}},
      {"poll", SYS_poll, {p, 3, 100}, 0, {at(p, 24)}},
      {"poll that was interrupted clears revents", SYS_poll, {p, 3, 100}, -516, {at(p, 24)}},
      {"poll of absurdly many", SYS_poll, {p, 0xffffffff, 100}, -EINVAL, {}},
      {"ppoll writes its timeout back", SYS_ppoll, {p, 1, q, 0, 8}, -514, {at(p, 8), at(q, 16)}},
      {"select rounds up to longs", SYS_select, {65, p, 0, q, r}, 1, {at(p, 16), at(q, 16), at(r, 16)}},
      {"select that was interrupted", SYS_select, {65, p, 0, q, r}, -514, {at(r, 16)}},
      {"select of a negative number", SYS_select, {uint64_t(-1), p, 0, 0, 0}, -EINVAL, {}},
      {"epoll_wait", SYS_epoll_wait, {3, p, 10, -1ul}, 2, {at(p, 24)}},
      {"nanosleep that ended", SYS_nanosleep, {q, p}, 0, {}},
      {"nanosleep that was interrupted", SYS_nanosleep, {q, p}, -516, {at(p, 16)}},
      {"clock_nanosleep that was interrupted", SYS_clock_nanosleep, {1, 0, q, p}, -514, {at(p, 16)}},
      {"wait4", SYS_wait4, {-1ul, p, 0, q}, 77, {at(p, 4), at(q, 144)}},
      {"wait4 without places", SYS_wait4, {-1ul, 0, 0, 0}, 77, {}},
      {"waitid that failed", SYS_waitid, {0, 0, p, 0, q}, -ECHILD, {at(p, 128)}},
      {"getgroups asked for the number only", SYS_getgroups, {0, p}, 7, {}},
      {"getgroups", SYS_getgroups, {20, p}, 7, {at(p, 28)}},
      {"getxattr asked for the size only", SYS_getxattr, {q, r, p, 0}, 40, {}},
      {"msgrcv has its type in front", SYS_msgrcv, {1, p, 100, 0, 0}, 5, {at(p, 13)}},
      {"mincore", SYS_mincore, {q, 4097, p}, 0, {at(p, 2)}},
      {"mincore that found a hole", SYS_mincore, {q, 4096 * 3, p}, -ENOMEM, {at(p, 3)}},
      {"mincore of nothing", SYS_mincore, {q, 0, p}, 0, {}},
      {"times that looks like an error", SYS_times, {p}, -100, {at(p, 32)}},
      {"sendfile updates its offset", SYS_sendfile, {1, 3, p, 100}, -EAGAIN, {at(p, 8)}},
      {"a call the kernel does not have writes nothing", SYS_times, {p}, -ENOSYS, {}},
      {"sched_getaffinity", SYS_sched_getaffinity, {0, 128, p}, 8, {at(p, 8)}},
      {"get_mempolicy", SYS_get_mempolicy, {p, q, 65, 0, 0}, 0, {at(p, 4), at(q, 16)}},
      {"clone writes both tids", SYS_clone, {0, 0, p, q, 0}, 9, {at(p, 4), at(q, 4)}},
      {"fcntl F_GETLK", SYS_fcntl, {3, 5, p}, 0, {at(p, 32)}},
      {"fcntl F_SETLK", SYS_fcntl, {3, 6, p}, 0, {}},
      {"prctl PR_GET_NAME", SYS_prctl, {PR_GET_NAME, p}, 0, {at(p, 16)}},
      {"prctl PR_SET_NAME", SYS_prctl, {PR_SET_NAME, p}, 0, {}},
      {"arch_prctl ARCH_GET_FS", SYS_arch_prctl, {0x1003, p}, 0, {at(p, 8)}},
      {"futex wait", SYS_futex, {p, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, 0, q, 0}, 0, {}},
      {"futex wake-op", SYS_futex, {p, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0, q, 0}, 0, {at(q, 4)}},
      {"futex lock-pi that blocks", SYS_futex, {p, FUTEX_LOCK_PI, 0, 0, q, 0}, -512, {at(p, 4)}},
      {"semctl with IPC_64", SYS_semctl, {1, 0, 2 | 0x100, p}, 0, {at(p, 104)}},
      {"quotactl by command without type", SYS_quotactl, {0x80000501, q, 0, p}, 0, {at(p, 24)}},
      {"ioctl TIOCGWINSZ", SYS_ioctl, {0, 0x5413, p}, 0, {at(p, 8)}},
      {"ioctl TIOCGWINSZ on a file", SYS_ioctl, {0, 0x5413, p}, -ENOTTY, {}},
      {"ioctl TCGETS is the kernel's structure", SYS_ioctl, {0, 0x5401, p}, 0, {at(p, 36)}},
      {"ioctl TIOCGPTN by its encoding", SYS_ioctl, {0, 0x80045430, p}, 0, {at(p, 4)}},
      {"ioctl TIOCSPTLCK by its encoding", SYS_ioctl, {0, 0x40045431, p}, 0, {}},
      {"ioctl TUNSETIFF against its encoding", SYS_ioctl, {0, 0x400454ca, p}, 0, {at(p, 40)}},
      {"ioctl with a sign-extended request", SYS_ioctl, {0, 0xffffffff80045430, p}, 0, {at(p, 4)}},
      {"process_madvise that empties", SYS_process_madvise, {3, p, 1, 20, 0}, 4096, {}},
  };
  for (const Case& c : cases) {
    FakeMemory memory;
    const Capture capture = run(call(uint64_t(c.number), c.arguments), c.result, memory);
    EXPECT_THAT(capture.ranges, testing::ElementsAreArray(c.expected)) << c.what;
    EXPECT_EQ(capture.unknown, "") << c.what;
    EXPECT_EQ(memory.reads, 0) << c.what;
  }
}

TEST(SyscallInterpreter, TakesAllUpToTheFirstMissingPageAfterEfault) {
  FakeMemory memory;
  memory.put(0x10ff8, std::array<char, 8 + 4096>{});  // 0x10ff8 up to 0x12000
  EXPECT_THAT(run(call(SYS_read, {3, 0x10ff8, UINT64_MAX}), -EFAULT, memory).ranges,
              ElementsAre(at(0x10ff8, 0x1008)));
  EXPECT_THAT(run(call(SYS_read, {3, 0x10ff8, 16}), -EFAULT, memory).ranges, ElementsAre(at(0x10ff8, 16)));
  EXPECT_THAT(run(call(SYS_fstat, {3, 0x11fff}), -EFAULT, memory).ranges, ElementsAre(at(0x11fff, 1)));
  EXPECT_THAT(run(call(SYS_fstat, {3, 0x12000}), -EFAULT, memory).ranges, IsEmpty());
  EXPECT_THAT(run(call(SYS_mincore, {0x5000, UINT64_MAX / 2, 0x11000}), -ENOMEM, memory).ranges,
              ElementsAre(at(0x11000, 4096)));
}

TEST(SyscallInterpreter, NamesWhatItCannotDescribe) {
  struct Unknown {
    long number;
    std::vector<uint64_t> arguments;
    int64_t result;
    const char* expected;
  };
  const Unknown cases[] = {
      {SYS_ioctl, {3, 0x1234, 0x10000}, 0, "ioctl 0x1234"},
      {SYS_ioctl, {3, 0x1234, 0x10000}, -ENOTTY, ""},
      {SYS_ioctl, {3, 0x1234, 0x10000}, -EINTR, "ioctl 0x1234"},
      {SYS_ioctl, {3, 0x8946, 0x10000}, 0, "ioctl SIOCETHTOOL"},
      {SYS_prctl, {12345}, 0, "prctl 0x3039"},
      {SYS_prctl, {12345}, -EINVAL, ""},
      {SYS_fcntl, {3, 99, 0}, 0, "fcntl 0x63"},
      {SYS_getsockopt, {3, 6, 35, 0x10000, 0x20000}, 0, "getsockopt TCP_ZEROCOPY_RECEIVE"},
      {SYS_bpf, {1, 0x10000, 128}, 0, "bpf 0x1"},
      {999, {}, 0, "call 999"},
      {999, {}, -ENOSYS, ""},
  };
  for (const Unknown& c : cases) {
    FakeMemory memory;
    const Registers registers = call(uint64_t(c.number), c.arguments);
    EXPECT_EQ(run(registers, c.result, memory).unknown, c.expected) << c.expected;
    EXPECT_NE(note_entry(registers, memory).unknown, "") << c.expected;
  }
  FakeMemory memory;
  EXPECT_EQ(note_entry(call(SYS_ioctl, {0, 0x5413, 0x10000}), memory).unknown, "");
}

TEST(SyscallInterpreter, TakesTheSmallerOfTheLengthsBeforeAndAfter) {
  constexpr uint64_t address = 0x10000, length = 0x20000;
  FakeMemory memory;
  memory.put<uint32_t>(length, 16);
  const CallEntry entry = note_entry(call(SYS_accept4, {3, address, length, 0}), memory);
  memory.put<uint32_t>(length, 110);
  EXPECT_THAT(written_by(entry, 4, memory).ranges, ElementsAre(at(address, 16), at(length, 4)));
  memory.put<uint32_t>(length, 2);
  EXPECT_THAT(written_by(entry, 4, memory).ranges, ElementsAre(at(address, 2), at(length, 4)));
  EXPECT_THAT(written_by(entry, -ECONNABORTED, memory).ranges, IsEmpty());
  memory.put(address, std::array<char, 16>{});
  EXPECT_THAT(written_by(entry, -EFAULT, memory).ranges, ElementsAre(at(address, 16), at(length, 4)));
}

TEST(SyscallInterpreter, TakesNothingWhereLengthsAreUnreadable) {
  FakeMemory memory;
  EXPECT_THAT(run(call(SYS_getsockname, {3, 0x10000, 0x20000}), -ENOTSOCK, memory).ranges, IsEmpty());
  EXPECT_THAT(run(call(SYS_getsockname, {3, 0x10000, 0x20000}), 0, memory).ranges,
              ElementsAre(at(0x20000, 4)));
  EXPECT_THAT(run(call(SYS_accept, {3, 0, 0}), 5, memory).ranges, IsEmpty());
}

TEST(SyscallInterpreter, SpreadsTheResultOverAnIovec) {
  FakeMemory memory;
  constexpr uint64_t vector = 0x1000;
  const iovec elements[] = {{reinterpret_cast<void*>(0x10000), 8},
                            {nullptr, 0},
                            {reinterpret_cast<void*>(0x20000), 100},
                            {reinterpret_cast<void*>(0x30000), 100}};
  memory.put(vector, elements);
  for (const uint64_t start : {0x10000, 0x20000, 0x30000}) memory.put(start, std::array<char, 100>{});
  for (const long number : {SYS_readv, SYS_preadv, SYS_preadv2, SYS_process_vm_readv}) {
    const Registers registers = call(uint64_t(number), {3, vector, 4, 0});
    EXPECT_THAT(run(registers, 20, memory).ranges, ElementsAre(at(0x10000, 8), at(0x20000, 12))) << number;
    EXPECT_THAT(run(registers, -EAGAIN, memory).ranges, IsEmpty());
    EXPECT_EQ(run(registers, -EFAULT, memory).ranges.size(), 3u);
  }
  EXPECT_THAT(run(call(SYS_readv, {3, vector, 1025}), -EINVAL, memory).ranges, IsEmpty());
  EXPECT_THAT(run(call(SYS_readv, {3, 0x99999, 2}), 5, memory).ranges, IsEmpty());
}

TEST(SyscallInterpreter, RemembersAnIovecThatIsReadInto) {
  FakeMemory memory;
  constexpr uint64_t vector = 0x1000;
  memory.put(vector, iovec{reinterpret_cast<void*>(vector), 16});
  const CallEntry entry = note_entry(call(SYS_readv, {3, vector, 1}), memory);
  memory.put(vector, iovec{nullptr, 0});
  EXPECT_THAT(written_by(entry, 16, memory).ranges, ElementsAre(at(vector, 16)));
}

TEST(SyscallInterpreter, RemembersAPointerThatIsWrittenOver) {
  FakeMemory memory;
  constexpr uint64_t holder = 0x1000, buffer = 0x20000;
  struct {
    uint64_t value;
    uint32_t size, flags;
  } arguments{buffer, 20, 0};
  memory.put(holder, arguments);
  const CallEntry entry = note_entry(call(464, {3, 0x3000, 0, 0x4000, holder, 16}), memory);  // getxattrat
  arguments.value = 0x7465787420736968;
  memory.put(holder, arguments);
  EXPECT_THAT(written_by(entry, 20, memory).ranges, ElementsAre(at(buffer, 20)));
}

TEST(SyscallInterpreter, TakesTheLengthBeforeWhereTheValueLiesOverIt) {
  FakeMemory memory;
  constexpr uint64_t value = 0x10000, length = value + 4;
  memory.put<uint32_t>(length, 16);
  const CallEntry entry = note_entry(call(SYS_getsockname, {3, value, length}), memory);
  memory.put<uint32_t>(length, 2);
  EXPECT_THAT(written_by(entry, 0, memory).ranges, ElementsAre(at(value, 16), at(length, 4)));
}

TEST(SyscallInterpreter, FollowsAHeaderThatCameAsAnEarlierMessage) {
  FakeMemory memory;
  constexpr uint64_t messages = 0x1000, first = 0x2000, second = 0x2010, other = 0x2020;
  const auto header = [](uint64_t vector) {
    mmsghdr message{};
    message.msg_hdr.msg_iov = reinterpret_cast<iovec*>(vector);
    message.msg_hdr.msg_iovlen = 1;
    return message;
  };
  memory.put(first, iovec{reinterpret_cast<void*>(messages + sizeof(mmsghdr)), sizeof(msghdr)});
  memory.put(second, iovec{reinterpret_cast<void*>(0x30000), 8});
  memory.put(other, iovec{reinterpret_cast<void*>(0x40000), 8});
  memory.put(messages, header(first));
  memory.put(messages + sizeof(mmsghdr), header(second));
  const CallEntry entry = note_entry(call(SYS_recvmmsg, {3, messages, 2, 0, 0}), memory);
  mmsghdr replaced = header(other);
  replaced.msg_len = 8;
  memory.put(messages + sizeof(mmsghdr), replaced);
  EXPECT_THAT(written_by(entry, 2, memory).ranges, IsSupersetOf({at(0x40000, 8)}));
}

TEST(SyscallInterpreter, SaysWhatACallUnderWayMayWriteWithoutLookingThere) {
  FakeMemory memory;
  MappingId next_id{1};
  AddressSpace space(AddressSpaceId{1}, next_id);
  Mapping mapping;
  mapping.recorded.range = at(0x10000, 0x3000);
  mapping.recorded.prot = *Protection::parse("rw-p");
  space.insert(EventNumber{1}, mapping);
  const CallEntry entry = note_entry(call(SYS_read, {3, 0x11000, 0x100000}), memory);
  memory.reads = 0;
  EXPECT_THAT(may_be_written_by(entry, memory, space), ElementsAre(at(0x11000, 0x2000)));
  EXPECT_EQ(memory.reads, 0);
  EXPECT_THAT(may_be_written_by(note_entry(call(SYS_read, {3, 0x50000, 16}), memory), memory, space),
              IsEmpty());
}

TEST(SyscallInterpreter, KnowsWhatRecvmsgLeavesBehind) {
  FakeMemory memory;
  constexpr uint64_t header_at = 0x1000, vector = 0x2000;
  memory.put(vector, iovec{reinterpret_cast<void*>(0x10000), 64});
  msghdr header{};
  header.msg_name = reinterpret_cast<void*>(0x20000);
  header.msg_namelen = 110;
  header.msg_iov = reinterpret_cast<iovec*>(vector);
  header.msg_iovlen = 1;
  header.msg_control = reinterpret_cast<void*>(0x30000);
  header.msg_controllen = 256;
  memory.put(header_at, header);
  const CallEntry entry = note_entry(call(SYS_recvmsg, {3, header_at, 0}), memory);

  EXPECT_THAT(written_by(entry, -EAGAIN, memory).ranges, IsEmpty());
  header.msg_namelen = 16;
  header.msg_controllen = 24;
  memory.put(header_at, header);
  EXPECT_THAT(written_by(entry, 5, memory).ranges,
              UnorderedElementsAre(at(0x10000, 5), at(0x20000, 16), at(0x30000, 24), at(header_at, 56)));
  header.msg_namelen = 200;
  header.msg_flags = MSG_CTRUNC;
  memory.put(header_at, header);
  EXPECT_THAT(written_by(entry, 500, memory).ranges,
              UnorderedElementsAre(at(0x10000, 64), at(0x20000, 110), at(0x30000, 256), at(header_at, 56)));
  for (const uint64_t start : {0x10000, 0x20000, 0x30000}) memory.put(start, std::array<char, 256>{});
  EXPECT_THAT(written_by(entry, -EFAULT, memory).ranges,
              UnorderedElementsAre(at(0x10000, 64), at(0x20000, 110), at(0x30000, 256), at(header_at, 56)));
}

TEST(SyscallInterpreter, CountsEachMessageOfRecvmmsg) {
  FakeMemory memory;
  constexpr uint64_t messages = 0x1000, vector = 0x2000;
  memory.put(vector, iovec{reinterpret_cast<void*>(0x10000), 64});
  memory.put(vector + 16, iovec{reinterpret_cast<void*>(0x20000), 64});
  mmsghdr headers[3] = {};
  for (int i = 0; i < 2; ++i) {
    headers[i].msg_hdr.msg_iov = reinterpret_cast<iovec*>(vector + uint64_t(i) * 16);
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  memory.put(messages, headers);
  const CallEntry entry = note_entry(call(SYS_recvmmsg, {3, messages, 3, 0, 0x9000}), memory);
  for (const uint64_t start : {0x9000, 0x10000, 0x20000}) memory.put(start, std::array<char, 64>{});
  headers[0].msg_len = 3;
  headers[1].msg_len = 7;
  memory.put(messages, headers);
  EXPECT_THAT(written_by(entry, 2, memory).ranges,
              UnorderedElementsAre(at(0x10000, 3), at(messages, 56), at(messages + 56, 4), at(0x20000, 7),
                                   at(messages + 64, 56), at(messages + 120, 4), at(0x9000, 16)));
  EXPECT_THAT(written_by(entry, -EAGAIN, memory).ranges, ElementsAre(at(0x9000, 16)));
}

TEST(SyscallInterpreter, FollowsPointersInsideStructures) {
  FakeMemory memory;
  constexpr uint64_t arguments = 0x1000;
  memory.put<uint64_t>(arguments + 8, 0x10000);
  memory.put<uint64_t>(arguments + 16, 0);
  memory.put<uint64_t>(arguments + 24, 0x30000);
  EXPECT_THAT(run(call(SYS_clone3, {arguments, 88}), 5, memory).ranges,
              ElementsAre(at(0x10000, 4), at(0x30000, 4)));
  EXPECT_THAT(run(call(SYS_clone3, {0x777, 88}), -EFAULT, memory).ranges, IsEmpty());

  constexpr uint64_t ifconf = 0x2000;
  memory.put<uint32_t>(ifconf, 80);
  memory.put<uint64_t>(ifconf + 8, 0x40000);
  EXPECT_THAT(run(call(SYS_ioctl, {3, 0x8912, ifconf}), 0, memory).ranges,
              ElementsAre(at(ifconf, 16), at(0x40000, 80)));
}

TEST(SyscallInterpreter, FollowsSubmittedReads) {
  FakeMemory memory;
  constexpr uint64_t list = 0x1000, one = 0x2000, scattered = 0x2100, written = 0x2200, vector = 0x3000;
  const auto put = [&](uint64_t where, uint16_t operation, uint64_t buffer, uint64_t size) {
    iocb request{};
    request.aio_lio_opcode = operation;
    request.aio_buf = buffer;
    request.aio_nbytes = size;
    memory.put(where, request);
  };
  put(one, IOCB_CMD_PREAD, 0x10000, 100);
  put(scattered, IOCB_CMD_PREADV, vector, 2);
  put(written, IOCB_CMD_PWRITE, 0x40000, 100);
  memory.put(vector, std::array{iovec{reinterpret_cast<void*>(0x20000), 8},
                                iovec{reinterpret_cast<void*>(0x30000), 16}});
  memory.put(list, std::array{one, scattered, written, uint64_t{0x666}});
  constexpr uint64_t key = offsetof(iocb, aio_key);
  const Registers submit = call(SYS_io_submit, {7, 3, list});
  EXPECT_THAT(run(submit, 3, memory).ranges,
              ElementsAre(at(one + key, 4), at(0x10000, 100), at(scattered + key, 4), at(0x20000, 8),
                          at(0x30000, 16), at(written + key, 4)));
  EXPECT_THAT(run(submit, -EINVAL, memory).ranges, IsEmpty());
  EXPECT_THAT(run(call(SYS_io_submit, {7, 9, list}), 3, memory).ranges, testing::SizeIs(6));
  EXPECT_THAT(run(call(SYS_io_submit, {7, ~uint64_t{0}, 0x666}), 1, memory).ranges, IsEmpty());
}

TEST(SyscallInterpreter, SaysWhoseMemoryProcessVmWritevWrote) {
  FakeMemory memory;
  constexpr uint64_t remote = 0x1000;
  memory.put(remote, iovec{reinterpret_cast<void*>(0x10000), 8});
  const Capture capture = run(call(SYS_process_vm_writev, {42, 0x2000, 1, remote, 1, 0}), 8, memory);
  EXPECT_THAT(capture.ranges, IsEmpty());
  EXPECT_EQ(capture.other_process, 42);
  EXPECT_THAT(capture.other_process_ranges, ElementsAre(at(0x10000, 8)));
  EXPECT_EQ(capture.unknown, "process_vm_writev into process 42");
  EXPECT_EQ(run(call(SYS_process_vm_writev, {42, 0x2000, 1, remote, 1, 0}), -EPERM, memory).unknown, "");
}

TEST(SyscallInterpreter, StaysWithinUserSpaceWhateverTheArguments) {
  constexpr uint64_t kNasty[] = {
      0, 1, 0x7ffffffff000, 0x7fffffffffff, uint64_t{1} << 56, UINT64_MAX - 7, UINT64_MAX};
  FakeMemory memory;
  memory.put(0x1000,
             std::array<uint64_t, 64>{UINT64_MAX, UINT64_MAX, 1, UINT64_MAX, 0x7fffffffffff, UINT64_MAX});
  for (int number = -2; number < 520; ++number) {
    for (const uint64_t a : kNasty) {
      for (const uint64_t b : {uint64_t{0}, uint64_t{0x1000}, uint64_t{5}, UINT64_MAX}) {
        for (const int64_t result :
             {int64_t{0}, int64_t{1}, INT64_MAX, int64_t{-EFAULT}, int64_t{-516}, INT64_MIN}) {
          for (const auto& arguments :
               {std::vector<uint64_t>{a, b, a, b, a, b}, {b, a, b, a, b, a}, {a, a, a, b, b, b}}) {
            const Capture capture = run(call(uint64_t(number), arguments), result, memory);
            for (const auto& list : {capture.ranges, capture.other_process_ranges}) {
              for (const MemoryRange& range : list) {
                ASSERT_LT(range.start, range.end) << number;
                ASSERT_LE(range.end.value, uint64_t{1} << 56) << number;
              }
            }
          }
        }
      }
    }
  }
}

TEST(SyscallInterpreter, KnowsWhichOptionsMayBlock) {
  EXPECT_TRUE(may_block(call(SYS_read, {0, 0x1000, 1})));
  EXPECT_FALSE(may_block(call(SYS_getpid, {})));
  EXPECT_FALSE(may_block(call(SYS_fcntl, {3, 6, 0})));
  EXPECT_TRUE(may_block(call(SYS_fcntl, {3, 7, 0})));
  EXPECT_TRUE(may_block(
      call(SYS_futex, {0x1000, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, 0, 0})));
  EXPECT_FALSE(may_block(call(SYS_futex, {0x1000, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 0})));
  EXPECT_TRUE(may_block(call(999, {})));
}

}  // namespace
}  // namespace bygone
