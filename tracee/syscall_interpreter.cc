#include "tracee/syscall_interpreter.h"

#include <asm/ioctl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "tracee/address_space.h"
#include "tracee/kernel_aio.h"
#include "tracee/syscall_iovecs.h"

namespace bygone {
namespace {

// Written to where a note could not be taken because the memory was not there.
constexpr uint64_t kUnreadable = UINT64_MAX;

// What the table says about the call at hand.
struct Description {
  const CallRow* row = nullptr;
  const OptionRow* option = nullptr;
  std::optional<Written> by_direction;
  bool unknown = false;
};

// Types of ioctl requests whose direction and size say all there is to say. In 'X', 0x94 and some others that
// is true of single requests only; graphics, sound, USB, device mapper and btrfs hide pointers in their
// structures.
bool encoding_is_honest(uint64_t request) {
  const uint64_t number = _IOC_NR(request);
  switch (_IOC_TYPE(request)) {
    case 'T':
    case 0x12:
    case 0x89:
      return _IOC_DIR(request) != _IOC_NONE;
    case 'f':
    case 'v':
    case 'E':
    case 'I':
    case 'R':
    case '$':
    case '!':
    case 0x15:
    case 0x8a:
    case 0xaa:
    case 0xb7:
    case 0xff:
      return true;
    case 'p':
      return number < 0x20;
    case 'W':
      return number < 0x10;
    case 'X':
      return number == 31 || number == 32 || (number >= 119 && number <= 121);
    case 0x94:
      return number == 9 || number == 13 || number == 49 || number == 50;
    default:
      return false;
  }
}

void describe_by_direction(uint64_t request, Description& description) {
  if ((_IOC_DIR(request) & _IOC_READ) != 0 && _IOC_SIZE(request) != 0)
    description.by_direction = written::fixed(2, uint32_t(_IOC_SIZE(request)), WrittenWhen::always);
  description.unknown = !encoding_is_honest(request);
}

uint64_t option_of(const OptionTable& table, const Registers& registers) {
  uint64_t option = (registers.argument(table.argument) & 0xffffffff) >> table.shift & table.mask;
  if (table.high_argument != kNoArgument) option |= registers.argument(table.high_argument) << 32;
  return option;
}

Description describe(const Registers& registers) {
  Description description;
  description.row = find_call(int64_t(registers[Register::orig_rax]));
  if (description.row == nullptr) {
    description.unknown = true;
    return description;
  }
  const OptionTable* table = description.row->options;
  if (table == nullptr) return description;
  const uint64_t option = option_of(*table, registers);
  description.option = find_option(*table, option);
  if (description.option != nullptr)
    description.unknown = description.option->unknown;
  else if (table->unlisted == Unlisted::unknown)
    description.unknown = true;
  else if (table->unlisted == Unlisted::by_direction)
    describe_by_direction(option, description);
  return description;
}

std::string name_of_unknown(const Registers& registers, const Description& description) {
  const std::string_view call = call_name(int64_t(registers[Register::orig_rax]));
  if (description.row == nullptr || description.row->options == nullptr) return std::string(call);
  if (description.option != nullptr) return fmt::format("{} {}", call, description.option->name);
  return fmt::format("{} {:#x}", call, option_of(*description.row->options, registers));
}

template <class Visit>
void for_each_written(const Description& description, Visit&& visit) {
  if (description.row == nullptr) return;
  for (const Written& w : description.row->written) visit(w);
  if (description.option != nullptr)
    for (const Written& w : description.option->written) visit(w);
  if (description.by_direction) visit(*description.by_direction);
}

template <class T>
std::optional<T> read_value(MemoryReader& memory, uint64_t address) {
  T value{};
  if (address == 0 || !memory.read(Address{address}, std::as_writable_bytes(std::span(&value, 1))))
    return std::nullopt;
  return value;
}

// The result of a call that may have written what a successful one writes.
bool as_if_successful(int64_t result) {
  return result >= 0 || result == -EFAULT;
}

bool applies(WrittenWhen when, int64_t result) {
  if (result == -ENOSYS) return false;
  switch (when) {
    case WrittenWhen::success:
      return as_if_successful(result);
    case WrittenWhen::always:
      return true;
    case WrittenWhen::failure:
      return result < 0;
    case WrittenWhen::accepted:
      return result != -EINVAL && result != -EBADF;
    case WrittenWhen::invalid:
      return result == -EINVAL;
  }
  return true;
}

// Turns the rows of one call into ranges.
class Evaluation {
 public:
  Evaluation(const CallEntry& entry, int64_t result, MemoryReader& memory, const AddressSpace* space,
             Capture& capture)
      : entry_(entry), result_(result), memory_(memory), space_(space), capture_(capture) {}

  // In the order in which note_entry saw them, whether they apply or not: notes are consumed in that order.
  void add(const Written& w) {
    Notes notes = notes_of(w);
    if (!applies(w.when, result_)) return;
    uint64_t pointer = entry_.registers.argument(w.argument);
    if (w.through != kDirect) {
      pointer = notes.empty() ? 0 : notes[0];
      notes = notes.subspan(std::min<size_t>(notes.size(), 1));
    }
    if (pointer == 0) return;
    switch (w.rule) {
      case SizeRule::iovec_result:
        add_iovecs(notes, result_bytes(), capture_.ranges);
        break;
      case SizeRule::iovec_full:
        add_iovecs(notes, UINT64_MAX, capture_.ranges);
        break;
      case SizeRule::other_process:
        capture_.other_process = int32_t(entry_.registers.argument(0));
        add_iovecs(notes, result_bytes(), capture_.other_process_ranges);
        break;
      case SizeRule::msghdr:
        guesses_ |= add_message(notes, pointer, result_bytes(), memory_, space_, capture_.ranges);
        break;
      case SizeRule::mmsghdr:
        guesses_ |= add_messages(notes, pointer, result_, memory_, space_, capture_.ranges);
        break;
      case SizeRule::iocbs:
        add_requests(notes, capture_.ranges);
        break;
      case SizeRule::string:
        add_string(pointer);
        break;
      case SizeRule::result:
        add_range(pointer, reach_of_result(w, pointer, size_of(w, pointer, notes)), capture_.ranges);
        break;
      default:
        add_range(pointer, size_of(w, pointer, notes), capture_.ranges);
        break;
    }
  }

  // Some range says how far the kernel may have come, not how far it came.
  bool guesses() const { return guesses_; }

 private:
  // After EFAULT nobody knows how far the kernel came.
  uint64_t result_bytes() const { return result_ < 0 ? UINT64_MAX : uint64_t(result_); }

  Notes notes_of(const Written& w) {
    if (!takes_notes(w) || next_note_ >= entry_.saved.size()) return {};
    const uint64_t length =
        std::min<uint64_t>(entry_.saved[next_note_], entry_.saved.size() - next_note_ - 1);
    const Notes notes = Notes(entry_.saved).subspan(next_note_ + 1, length);
    next_note_ += 1 + length;
    return notes;
  }

  uint64_t size_of(const Written& w, uint64_t pointer, Notes notes) {
    uint64_t argument = w.count_argument == kNoArgument ? 0 : entry_.registers.argument(w.count_argument);
    if (w.narrow) argument = uint32_t(argument);
    uint64_t count = 0;
    switch (w.rule) {
      case SizeRule::fixed:
        return w.base;
      case SizeRule::argument:
        count = argument;
        break;
      case SizeRule::pages:
        count = argument / kPageSize + (argument % kPageSize != 0 ? 1 : 0);
        break;
      case SizeRule::bits:
        return bit_set_bytes(argument);
      case SizeRule::result:
        count = result_count(w, argument);
        break;
      case SizeRule::field_u32:
      case SizeRule::in_out_u32:
        count = field<uint32_t>(w, argument);
        break;
      case SizeRule::field_u64:
        count = field<uint64_t>(w, argument);
        break;
      default:
        return 0;
    }
    if (w.rule == SizeRule::in_out_u32 && !notes.empty()) {
      // The length may lie where what it counts was written over it.
      const bool is_lost = argument + w.count_offset - pointer < notes[0] * w.unit;
      const bool is_known = notes[0] != kUnreadable;
      count = is_known && (is_lost || result_ == -EFAULT) ? notes[0] : std::min(count, notes[0]);
    }
    if (count > kUserSpaceEnd && w.rule == SizeRule::field_u64)
      return w.base;  // an error number, not a count
    return w.base + std::min(count, kUserSpaceEnd) * w.unit;
  }

  // Pieces that ran into memory that is not there are written in part, and not counted where something was
  // there to be counted before.
  uint64_t reach_of_result(const Written& w, uint64_t pointer, uint64_t size_bytes) {
    if (result_ <= 0 || w.count_argument == kNoArgument) return size_bytes;
    const uint64_t limit = entry_.registers.argument(w.count_argument);
    const Address next_page = page_ceil(Address{pointer + size_bytes});
    if (space_ == nullptr || uint64_t(result_) >= limit || next_page.value - pointer >= limit * w.unit)
      return size_bytes;
    const Mapping* const next = space_->find(next_page);
    const bool runs_out = next == nullptr || !next->recorded.prot.write;
    return runs_out ? next_page.value - pointer : size_bytes;
  }

  uint64_t result_count(const Written& w, uint64_t limit) const {
    if (w.count_argument == kNoArgument) return result_ < 0 ? 0 : uint64_t(result_);
    return std::min(result_bytes(), limit);
  }

  // select(2) counts bits in an int, and no set of descriptors comes near the limit set here.
  static uint64_t bit_set_bytes(uint64_t bits) {
    if (int32_t(bits) <= 0) return 0;
    return std::min<uint64_t>((uint64_t(uint32_t(bits)) + 63) / 64 * 8, 1 << 21);
  }

  template <class T>
  uint64_t field(const Written& w, uint64_t holder) {
    return holder == 0 ? 0 : read_value<T>(memory_, holder + w.count_offset).value_or(0);
  }

  void add_string(uint64_t start) {
    // sysfs(2) is the only one; names of file systems are short, the buffer may end with its page.
    uint64_t size_bytes = 0;
    while (size_bytes < kPageSize) {
      const auto byte = read_value<char>(memory_, start + size_bytes);
      if (!byte) break;
      ++size_bytes;
      if (*byte == '\0') break;
    }
    add_range(start, size_bytes, capture_.ranges);
  }

  const CallEntry& entry_;
  const int64_t result_;
  MemoryReader& memory_;
  const AddressSpace* space_;
  Capture& capture_;
  size_t next_note_ = 0;
  bool guesses_ = false;
};

// After a failure: the kernel writes upwards and stops at the first page it cannot write, so nothing lies
// behind one that is not even there. Small ranges are not worth the look, unless it is known that a page was
// missing.
void trim_to_mapped(bool page_is_missing, MemoryReader& memory, std::vector<MemoryRange>& ranges) {
  constexpr uint64_t kSmallBytes = 1 << 16;
  for (MemoryRange& range : ranges) {
    if (!page_is_missing && range.size_bytes() <= kSmallBytes) continue;
    Address at = range.start;
    std::byte probe;
    while (at < range.end && memory.read(at, std::span(&probe, 1))) at = page_floor(at) + kPageSize;
    range.end = std::min(at, range.end);
  }
  std::erase_if(ranges, [](const MemoryRange& range) { return range.empty(); });
}

void trim_to_mappings(const AddressSpace& space, std::vector<MemoryRange>& ranges) {
  for (MemoryRange& range : ranges) {
    Address at = range.start;
    while (at < range.end) {
      const Mapping* const mapping = space.find(at);
      if (mapping == nullptr) break;
      at = mapping->range().end;
    }
    range.end = std::min(at, range.end);
  }
  std::erase_if(ranges, [](const MemoryRange& range) { return range.empty(); });
}

// Refusals that come before anything is looked at; bpf(2) explains its own.
bool refused_outright(const Registers& registers, int64_t result) {
  constexpr uint64_t kBpf = 321;
  if (registers[Register::orig_rax] == kBpf) return result == -ENOSYS;
  switch (result) {
    case -ENOSYS:
    case -EINVAL:
    case -EBADF:
    case -EPERM:
    case -EACCES:
    case -ENOTTY:
    case -EOPNOTSUPP:
    case -ENOPROTOOPT:
    case -ENOTSOCK:
      return true;
    default:
      return false;
  }
}

}  // namespace

CallEntry note_entry(const Registers& at_entry, MemoryReader& memory) {
  CallEntry entry;
  entry.registers = at_entry;
  const Description description = describe(at_entry);
  if (description.unknown) entry.unknown = name_of_unknown(at_entry, description);
  for_each_written(description, [&](const Written& w) {
    if (!takes_notes(w)) return;
    const size_t length_at = entry.saved.size();
    entry.saved.push_back(0);
    const uint64_t pointer = at_entry.argument(w.argument);
    if (w.through != kDirect)
      entry.saved.push_back(read_value<uint64_t>(memory, pointer + uint64_t(w.through)).value_or(0));
    const uint64_t count = w.count_argument == kNoArgument ? 0 : at_entry.argument(w.count_argument);
    switch (w.rule) {
      case SizeRule::in_out_u32: {
        const auto value = pointer == 0 ? std::nullopt : read_value<uint32_t>(memory, count + w.count_offset);
        entry.saved.push_back(value ? *value : kUnreadable);
        break;
      }
      case SizeRule::msghdr:
        note_message(pointer, memory, entry.saved);
        break;
      case SizeRule::mmsghdr:
        note_messages(pointer, count, memory, entry.saved);
        break;
      case SizeRule::iocbs:
        note_requests(pointer, count, memory, entry.saved);
        break;
      case SizeRule::iovec_result:
      case SizeRule::iovec_full:
      case SizeRule::other_process:
        note_iovecs(pointer, count, memory, entry.saved);
        break;
      default:
        break;
    }
    entry.saved[length_at] = entry.saved.size() - length_at - 1;
  });
  return entry;
}

Capture written_by(const CallEntry& entry, int64_t result, MemoryReader& memory, const AddressSpace* space) {
  Capture capture;
  const Description description = describe(entry.registers);
  Evaluation evaluation(entry, result, memory, space, capture);
  for_each_written(description, [&](const Written& w) { evaluation.add(w); });
  if (result < 0 || evaluation.guesses())
    trim_to_mapped(result == -EFAULT || evaluation.guesses(), memory, capture.ranges);
  if (description.unknown && !refused_outright(entry.registers, result))
    capture.unknown = name_of_unknown(entry.registers, description);
  if (!capture.other_process_ranges.empty())
    capture.unknown = fmt::format("process_vm_writev into process {}", capture.other_process);
  return capture;
}

std::vector<MemoryRange> may_be_written_by(const CallEntry& entry, MemoryReader& memory,
                                           const AddressSpace& space) {
  Capture capture;
  Evaluation evaluation(entry, -EFAULT, memory, nullptr, capture);
  for_each_written(describe(entry.registers), [&](const Written& w) { evaluation.add(w); });
  trim_to_mappings(space, capture.ranges);
  return std::move(capture.ranges);
}

bool may_block(const Registers& at_entry) {
  const Description description = describe(at_entry);
  if (description.row == nullptr) return true;
  return description.option != nullptr ? description.option->may_block : description.row->may_block;
}

}  // namespace bygone
