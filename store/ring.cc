#include "store/ring.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <utility>

namespace bygone {

namespace {

// A page fault for every 16 frames costs as much as the frames do.
constexpr uint64_t kMemoryStepBytes = 512 << 10;
// Fetched ahead of the record that will be read next.
constexpr size_t kCacheLineBytes = 64;
constexpr int kLinesAhead = 5;
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

void futex_wait(std::atomic<uint32_t>& word, uint32_t expected, int64_t timeout_ns) {
  const timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
  ::syscall(SYS_futex, &word, FUTEX_WAIT, expected, &timeout, nullptr, 0);
}

void wake(std::atomic<uint32_t>& sleeps) {
  ::syscall(SYS_futex, &sleeps, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void wake_if_asleep(std::atomic<uint32_t>& sleeps) {
  if (sleeps.load(std::memory_order_seq_cst) == 0) return;
  sleeps.store(0, std::memory_order_seq_cst);
  wake(sleeps);
}

tl::unexpected<Error> no_ring(std::string cause) {
  return fail(ErrorKind::io, "ring", std::move(cause),
              "raise the limits on memory and files (ulimit -v, -d, -f), or make the ring smaller");
}

size_t padded(size_t size) {
  return (size + 7) & ~size_t{7};
}

}  // namespace

Expected<RingMemory> RingMemory::create(size_t capacity_bytes) {
  RingMemory memory(::memfd_create("bygone-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING), capacity_bytes);
  if (memory.fd_ < 0) return no_ring(fmt::format("cannot be made ({})", std::strerror(errno)));
  if (::fchmod(memory.fd_, 0600) != 0 ||
      ::ftruncate(memory.fd_, off_t(kRingHeaderBytes + capacity_bytes)) != 0 ||
      ::fcntl(memory.fd_, F_ADD_SEALS, kSeals) != 0)
    return no_ring(fmt::format("cannot get its memory ({})", std::strerror(errno)));
  BYGONE_TRY(memory.map());
  memory.header_->magic = kRingMagic;
  memory.header_->capacity_bytes = capacity_bytes;
  return memory;
}

Expected<RingMemory> RingMemory::attach(int fd) {
  RingMemory memory(fd, 0);
  struct stat status {};
  if (::fstat(fd, &status) != 0 || (::fcntl(fd, F_GET_SEALS) & kSeals) != kSeals)
    return no_ring("is not sealed memory");
  if (status.st_size < off_t(kRingHeaderBytes + kSmallestRingBytes) ||
      status.st_size > off_t(kRingHeaderBytes + kLargestRingBytes) ||
      status.st_size % off_t(kRingHeaderBytes) != 0)
    return no_ring(fmt::format("has an impossible size of {} bytes", status.st_size));
  memory.capacity_ = size_t(status.st_size) - kRingHeaderBytes;
  BYGONE_TRY(memory.map());
  if (memory.header_->magic != kRingMagic || memory.header_->capacity_bytes != memory.capacity_)
    return no_ring("does not begin like one; recorder and service must be of one build");
  return memory;
}

Expected<void> RingMemory::map() {
  void* reserved = ::mmap(nullptr, kRingHeaderBytes + 2 * capacity_, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return no_ring(fmt::format("cannot be mapped ({})", std::strerror(errno)));
  header_ = static_cast<RingHeader*>(reserved);
  data_ = static_cast<std::byte*>(reserved) + kRingHeaderBytes;
  constexpr int kFlags = MAP_SHARED | MAP_FIXED;
  if (::mmap(reserved, kRingHeaderBytes + capacity_, PROT_READ | PROT_WRITE, kFlags, fd_, 0) == MAP_FAILED ||
      ::mmap(data_ + capacity_, capacity_, PROT_READ | PROT_WRITE, kFlags, fd_, off_t(kRingHeaderBytes)) ==
          MAP_FAILED)
    return no_ring(fmt::format("cannot be mapped ({})", std::strerror(errno)));
  return {};
}

RingMemory::RingMemory(RingMemory&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      capacity_(other.capacity_),
      header_(std::exchange(other.header_, nullptr)),
      data_(std::exchange(other.data_, nullptr)) {}

RingMemory::~RingMemory() {
  if (header_ != nullptr) ::munmap(static_cast<void*>(header_), kRingHeaderBytes + 2 * capacity_);
  if (fd_ >= 0) ::close(fd_);
}

bool RingProducer::try_write(RingRecordKind kind, uint8_t type, std::span<const std::byte> row,
                             std::span<const std::byte> payload) {
  const size_t size = padded(sizeof(RingRecordHeader) + row.size() + payload.size());
  if (written_ + size - released_ > memory_.capacity_bytes()) {
    released_ = header().released.load(std::memory_order_acquire);
    if (written_ + size - released_ > memory_.capacity_bytes()) return false;
  }
  if (written_ + size > has_memory_) get_memory(written_ + size);
  const RingRecordHeader record{uint32_t(size), uint32_t(row.size()), uint32_t(payload.size()), kind, type, 0,
                                ++sequence_};
  std::byte* to = memory_.at(written_);
  std::memcpy(to, &record, sizeof record);
  if (!row.empty()) std::memcpy(to + sizeof record, row.data(), row.size());
  if (!payload.empty()) std::memcpy(to + sizeof record + row.size(), payload.data(), payload.size());
  written_ += size;
  // Sequentially consistent with the consumer's going to sleep: one of the two sees the other.
  header().written.store(written_, std::memory_order_seq_cst);
  wake_if_asleep(header().consumer_sleeps);
  return true;
}

void RingProducer::get_memory(uint64_t end) {
  const uint64_t capacity = memory_.capacity_bytes();
  while (has_memory_ < capacity && has_memory_ < end) {
    const uint64_t step = std::min(kMemoryStepBytes, capacity - has_memory_);
#ifdef MADV_POPULATE_WRITE
    // From Linux 5.14; before it the pages come one by one.
    static_cast<void>(::madvise(memory_.at(has_memory_), step, MADV_POPULATE_WRITE));
#endif
    has_memory_ += step;
  }
  if (has_memory_ >= capacity) has_memory_ = UINT64_MAX;
}

void RingProducer::wait_for_progress(uint64_t seen_released, int64_t timeout_ns) {
  wake(header().consumer_sleeps);
  header().producer_sleeps.store(1, std::memory_order_seq_cst);
  if (header().released.load(std::memory_order_seq_cst) == seen_released && header().failed.load() == 0 &&
      header().closed.load() == 0)
    futex_wait(header().producer_sleeps, 1, timeout_ns);
  header().producer_sleeps.store(0, std::memory_order_seq_cst);
}

RingConsumer::RingConsumer(RingMemory memory)
    : memory_(std::move(memory)),
      read_(header().released.load(std::memory_order_acquire)),
      released_(read_) {}

Expected<std::optional<RingRecord>> RingConsumer::next() {
  const auto damaged = [](std::string cause) {
    return fail(ErrorKind::bad_data, "ring", std::move(cause), "the recorder scribbled on it");
  };
  const uint64_t written = header().written.load(std::memory_order_acquire);
  if (written == read_) return std::optional<RingRecord>{};
  if (written - read_ > capacity_bytes()) return damaged("claims to hold more than it can");
  const std::byte* at = memory_.at(read_);
  RingRecordHeader record;
  if (written - read_ < sizeof record) return damaged("holds half a record");
  std::memcpy(&record, at, sizeof record);
  const uint64_t inner = uint64_t{sizeof record} + record.row_bytes + record.payload_bytes;
  if (record.size_bytes != padded(inner) || record.size_bytes > written - read_)
    return damaged("holds a record of impossible size");
  if (record.sequence == 0 || (sequence_ != 0 && record.sequence != sequence_ + 1))
    return damaged(fmt::format("holds record {} behind record {}", record.sequence, sequence_));
  sequence_ = record.sequence;
  read_ += record.size_bytes;
  for (int line = 0; line < kLinesAhead; ++line)
    __builtin_prefetch(at + record.size_bytes + size_t(line) * kCacheLineBytes);
  const std::byte* row = at + sizeof record;
  return RingRecord{record.kind,
                    record.type,
                    record.sequence,
                    {row, record.row_bytes},
                    {row + record.row_bytes, record.payload_bytes}};
}

void RingConsumer::release(uint64_t committed_event) {
  released_ = read_;
  header().committed_event.store(committed_event, std::memory_order_relaxed);
  header().commits.fetch_add(1, std::memory_order_relaxed);
  if (sequence_ != 0) header().committed_sequence.store(sequence_, std::memory_order_release);
  header().released.store(released_, std::memory_order_seq_cst);
  wake_producer();
}

void RingConsumer::wait_for_records(int64_t timeout_ns) {
  header().consumer_sleeps.store(1, std::memory_order_seq_cst);
  if (header().written.load(std::memory_order_seq_cst) == read_)
    futex_wait(header().consumer_sleeps, 1, timeout_ns);
  header().consumer_sleeps.store(0, std::memory_order_seq_cst);
}

void RingConsumer::nap(int64_t timeout_ns) {
  if (header().written.load(std::memory_order_seq_cst) == read_)
    futex_wait(header().consumer_sleeps, 0, timeout_ns);
}

void RingConsumer::wake_producer() {
  wake_if_asleep(header().producer_sleeps);
}

void RingConsumer::mark_failed() {
  header().failed.store(1, std::memory_order_seq_cst);
  wake_producer();
}

void RingConsumer::mark_closed() {
  header().closed.store(1, std::memory_order_seq_cst);
  wake_producer();
}

uint64_t RingConsumer::fill_bytes() const {
  const RingHeader& header = memory_.header();
  const uint64_t written = header.written.load(std::memory_order_relaxed);
  return written - std::min(written, header.released.load(std::memory_order_relaxed));
}

}  // namespace bygone
