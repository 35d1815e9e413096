#include "syscall_scene.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "tracee/syscall_interpreter.h"

namespace bygone {
namespace {

constexpr size_t kArenaBytes = 64 * kPageSize;
constexpr size_t kGapBytes = 64;

// Fails for unmapped addresses instead of faulting.
class OwnMemory : public MemoryReader {
 public:
  bool read(Address from, std::span<std::byte> out) override {
    iovec local{out.data(), out.size()};
    iovec remote{reinterpret_cast<void*>(from.value), out.size()};
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == ssize_t(out.size());
  }
};

Registers registers_of(long number, const std::vector<uint64_t>& arguments) {
  constexpr Register kArguments[] = {Register::rdi, Register::rsi, Register::rdx,
                                     Register::r10, Register::r8,  Register::r9};
  Registers registers;
  registers[Register::orig_rax] = uint64_t(number);
  for (size_t i = 0; i < arguments.size(); ++i) registers[kArguments[i]] = arguments[i];
  return registers;
}

bool covered(const Capture& capture, uint64_t address) {
  const auto holds = [&](const MemoryRange& range) { return range.contains(Address{address}); };
  return std::any_of(capture.ranges.begin(), capture.ranges.end(), holds) ||
         std::any_of(capture.other_process_ranges.begin(), capture.other_process_ranges.end(), holds);
}

}  // namespace

Scene::Scene(uint8_t pattern) {
  void* memory = mmap(nullptr, kArenaBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  arena_ = {static_cast<uint8_t*>(memory), kArenaBytes};
  std::fill(arena_.begin(), arena_.end(), pattern);
}

Scene::~Scene() {
  munmap(arena_.data(), arena_.size());
}

uint64_t Scene::buffer(size_t size_bytes) {
  used_ += kGapBytes;
  const size_t at = used_;
  used_ += (size_bytes + 15) / 16 * 16;
  if (used_ > arena_.size()) std::abort();
  return uint64_t(arena_.data() + at);
}

uint64_t Scene::bytes(const void* data, size_t size_bytes) {
  const uint64_t address = buffer(size_bytes);
  std::memcpy(reinterpret_cast<void*>(address), data, size_bytes);
  return address;
}

int64_t Scene::run(long number, std::vector<uint64_t> arguments, long described_as) {
  arguments.resize(6);
  OwnMemory memory;
  const CallEntry entry =
      note_entry(registers_of(described_as < 0 ? number : described_as, arguments), memory);
  const std::vector<uint8_t> before(arena_.begin(), arena_.end());
  long result =
      syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
  if (result == -1) result = -errno;
  const Capture capture = written_by(entry, result, memory);
  calls_made_.insert(number);

  const std::string what =
      fmt::format("{}({:#x}, {:#x}, {:#x}, {:#x}, {:#x}) = {}", call_name(number), arguments[0], arguments[1],
                  arguments[2], arguments[3], arguments[4], result);
  size_t changed = 0, predicted = 0;
  const uint64_t base = uint64_t(arena_.data());
  for (size_t page = 0; page < arena_.size(); page += kPageSize) {
    if (std::memcmp(&before[page], &arena_[page], kPageSize) == 0) continue;
    for (size_t i = page; i < page + kPageSize; ++i) {
      if (before[i] == arena_[i]) continue;
      ++changed;
      if (covered(capture, base + i)) continue;
      complaints_.push_back(fmt::format("{}: changed the byte at {:#x}", what, base + i));
      break;
    }
  }
  for (const MemoryRange& range : capture.ranges)
    predicted += range.intersect({Address{base}, Address{base + arena_.size()}}).size_bytes();
  if (predicted > changed + slack_bytes_)
    complaints_.push_back(fmt::format("{}: {} bytes changed, {} predicted", what, changed, predicted));
  if (!capture.unknown.empty() && capture.other_process == 0)
    complaints_.push_back(fmt::format("{}: not described: {}", what, capture.unknown));
  return result;
}

int64_t Scene::require(long number, int64_t result) {
  if (result < 0)
    complaints_.push_back(fmt::format("{} failed: {}", call_name(number), errno_name(int(-result))));
  return result;
}

}  // namespace bygone
