#include "tracee/syscall_iovecs.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tracee/address_space.h"

namespace bygone {
namespace {

// The kernel's UIO_MAXIOV; also the most messages recvmmsg(2) looks at.
constexpr uint64_t kMaxElements = 1024;
// The kernel's MAX_RW_COUNT: no call transfers more, whatever it is asked for.
constexpr uint64_t kMaxBytesPerCall = 0x7ffff000;
constexpr size_t kMessageSize = sizeof(mmsghdr);

// Notes of one message: these, then its iovecs.
enum MessageNote : size_t { name, name_length, control, control_length, iovec_words, iovecs };

template <class T>
bool read_array(MemoryReader& memory, uint64_t pointer, std::span<T> out) {
  return pointer != 0 && memory.read(Address{pointer}, std::as_writable_bytes(out));
}

// Length of the written part of a buffer: what the header says after the call, within what it said before.
uint64_t used(uint64_t before, uint64_t after) {
  return std::min(before, after);
}

// `space` says where memory can be written; without it all can.
bool can_be_written(const AddressSpace* space, uint64_t start, uint64_t size_bytes) {
  if (space == nullptr || start == 0) return true;
  for (Address at{start}; at.value - start < size_bytes;) {
    const Mapping* const mapping = space->find(at);
    if (mapping == nullptr || !mapping->recorded.prot.write) return false;
    at = mapping->range().end;
  }
  return true;
}

bool can_be_received(Notes notes, const AddressSpace* space) {
  const size_t words = std::min<size_t>(notes[iovec_words], notes.size() - iovecs);
  for (size_t i = 0; i + 1 < words; i += 2)
    if (!can_be_written(space, notes[iovecs + i], notes[iovecs + i + 1])) return false;
  return can_be_written(space, notes[name], notes[name_length]) &&
         can_be_written(space, notes[control], notes[control_length]);
}

bool points_where(Notes one, Notes other) {
  return one[name] == other[name] && one[control] == other[control] &&
         std::ranges::equal(one.subspan(iovecs), other.subspan(iovecs));
}

}  // namespace

bool takes_notes(const Written& written) {
  switch (written.rule) {
    case SizeRule::in_out_u32:
    case SizeRule::iovec_result:
    case SizeRule::iovec_full:
    case SizeRule::msghdr:
    case SizeRule::mmsghdr:
    case SizeRule::iocbs:
    case SizeRule::other_process:
      return true;
    default:
      return written.through != kDirect;
  }
}

void add_range(uint64_t start, uint64_t size_bytes, std::vector<MemoryRange>& ranges) {
  if (start == 0 || size_bytes == 0 || start >= kUserSpaceEnd) return;
  size_bytes = std::min({size_bytes, kMaxBytesPerCall, kUserSpaceEnd - start});
  ranges.push_back({Address{start}, Address{start + size_bytes}});
}

void note_iovecs(uint64_t pointer, uint64_t count, MemoryReader& memory, std::vector<uint64_t>& notes) {
  if (count == 0 || count > kMaxElements) return;
  const size_t at = notes.size();
  notes.resize(at + count * 2);
  if (!read_array(memory, pointer, std::span(notes).subspan(at))) notes.resize(at);
}

void note_message(uint64_t pointer, MemoryReader& memory, std::vector<uint64_t>& notes) {
  msghdr header{};
  if (!read_array(memory, pointer, std::span(&header, 1))) return;
  const size_t at = notes.size();
  notes.insert(notes.end(), {uint64_t(header.msg_name), header.msg_namelen, uint64_t(header.msg_control),
                             header.msg_controllen, 0});
  note_iovecs(uint64_t(header.msg_iov), header.msg_iovlen, memory, notes);
  notes[at + iovec_words] = notes.size() - at - iovecs;
}

void note_messages(uint64_t pointer, uint64_t count, MemoryReader& memory, std::vector<uint64_t>& notes) {
  count = std::min(count & 0xffffffff, kMaxElements);
  for (uint64_t i = 0; i < count; ++i) {
    const size_t at = notes.size();
    note_message(pointer + i * kMessageSize, memory, notes);
    if (notes.size() == at) return;
  }
}

void add_iovecs(Notes notes, uint64_t bytes, std::vector<MemoryRange>& ranges) {
  for (size_t i = 0; i + 1 < notes.size() && bytes > 0; i += 2) {
    const uint64_t size_bytes = std::min(notes[i + 1], bytes);
    add_range(notes[i], size_bytes, ranges);
    bytes -= size_bytes;
  }
}

bool add_message(Notes notes, uint64_t pointer, uint64_t bytes, MemoryReader& memory,
                 const AddressSpace* space, std::vector<MemoryRange>& ranges) {
  if (notes.size() < iovecs) return false;
  const Notes vector = notes.subspan(iovecs, std::min<size_t>(notes[iovec_words], notes.size() - iovecs));
  add_iovecs(vector, bytes, ranges);
  msghdr after{};
  const bool whole = bytes == UINT64_MAX || !read_array(memory, pointer, std::span(&after, 1));
  // Control messages that did not fit, or met memory that cannot be written, leave traces that the length
  // after the call does not count.
  const bool control_faults = !can_be_written(space, notes[control], notes[control_length]);
  const bool whole_control = whole || control_faults || (after.msg_flags & MSG_CTRUNC) != 0;
  add_range(notes[name], whole ? notes[name_length] : used(notes[name_length], after.msg_namelen), ranges);
  add_range(notes[control],
            whole_control ? notes[control_length] : used(notes[control_length], after.msg_controllen),
            ranges);
  add_range(pointer, sizeof(msghdr), ranges);
  return whole || control_faults;
}

bool add_messages(Notes notes, uint64_t pointer, int64_t result, MemoryReader& memory,
                  const AddressSpace* space, std::vector<MemoryRange>& ranges) {
  bool guesses = false;
  for (uint64_t i = 0; i < kMaxElements && notes.size() >= iovecs; ++i) {
    const size_t size = iovecs + std::min<size_t>(notes[iovec_words], notes.size() - iovecs);
    const Notes message = notes.first(size);
    const bool arrived = int64_t(i) < result;
    // What stopped it at the next one may have come after that one's bytes were written.
    const bool failed = result < 0 || (int64_t(i) == result && !can_be_received(message, space));
    if (!arrived && !failed) break;
    const uint64_t at = pointer + i * kMessageSize;
    uint32_t length = 0;
    const bool known = arrived && read_array(memory, at + offsetof(mmsghdr, msg_len), std::span(&length, 1));
    guesses |= add_message(message, at, known ? length : UINT64_MAX, memory, space, ranges);
    // The data of an earlier message may have been this one's header.
    std::vector<uint64_t> found;
    if (arrived && i > 0) note_message(at, memory, found);
    if (!found.empty() && !points_where(message, found))
      guesses |= add_message(found, at, known ? length : UINT64_MAX, memory, space, ranges);
    add_range(at + offsetof(mmsghdr, msg_len), sizeof length, ranges);
    notes = notes.subspan(size);
  }
  return guesses;
}

}  // namespace bygone
