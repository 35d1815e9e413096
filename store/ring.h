#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "schema/error.h"
#include "store/ring_format.h"

namespace bygone {

// A ring's memory, mapped. The memory is a sealed memfd(2): it has no name, so nobody can guess it and
// nothing is left when both sides are gone, and nobody can cut it off under the other side. Its data is
// mapped twice in a row, so that every record is contiguous wherever it starts.
class RingMemory {
 public:
  // capacity_bytes: a multiple of the page size between kSmallestRingBytes and kLargestRingBytes.
  static Expected<RingMemory> create(size_t capacity_bytes);
  // Takes over `fd` as somebody else made it: seals, sizes and magic are checked.
  static Expected<RingMemory> attach(int fd);
  ~RingMemory();
  RingMemory(RingMemory&& other) noexcept;
  RingMemory& operator=(RingMemory&&) = delete;

  int fd() const { return fd_; }
  RingHeader& header() const { return *header_; }
  size_t capacity_bytes() const { return capacity_; }
  std::byte* at(uint64_t position) const { return data_ + position % capacity_; }

 private:
  RingMemory(int fd, size_t capacity) : fd_(fd), capacity_(capacity) {}
  Expected<void> map();
  int fd_;
  size_t capacity_;
  RingHeader* header_ = nullptr;
  std::byte* data_ = nullptr;
};

// The recorder's end. Lock-free; system calls only to wake a sleeping consumer or to wait.
class RingProducer {
 public:
  explicit RingProducer(RingMemory memory) : memory_(std::move(memory)) {}

  // False when there is no room now. Row and payload together must not exceed a quarter of the ring.
  bool try_write(RingRecordKind kind, uint8_t type, std::span<const std::byte> row,
                 std::span<const std::byte> payload);
  // Sleeps until the consumer has released more than `seen_released`, closed or failed, or timeout_ns has
  // passed.
  void wait_for_progress(uint64_t seen_released, int64_t timeout_ns);
  // The sequence number of the last record written.
  uint64_t sequence() const { return sequence_; }
  RingHeader& header() { return memory_.header(); }
  int fd() const { return memory_.fd(); }

 private:
  RingMemory memory_;
  void get_memory(uint64_t end);

  uint64_t written_ = 0;
  uint64_t released_ = 0;    // as last seen
  uint64_t has_memory_ = 0;  // pages before this were got at once; the kernel gives the others one by one
  uint64_t sequence_ = 0;
};

struct RingRecord {
  RingRecordKind kind;
  uint8_t type;
  uint64_t sequence;
  std::span<const std::byte> row;
  std::span<const std::byte> payload;
};

// The service's end. Trusts nothing in the ring: the bytes may change while they are read, so headers are
// copied first and every length is checked against the copy.
class RingConsumer {
 public:
  // Starts at what is not released yet.
  explicit RingConsumer(RingMemory memory);

  // The next record, valid until release(); nullopt when there is none now. After an error there is no way
  // on.
  Expected<std::optional<RingRecord>> next();
  // Everything next() has returned so far is committed and may be overwritten.
  void release(uint64_t committed_event);
  // Sleeps until there may be records, or timeout_ns has passed.
  void wait_for_records(int64_t timeout_ns);
  // Sleeps for timeout_ns whatever comes, so that the producer need not wake anybody at every record; less if
  // the producer waits for us.
  void nap(int64_t timeout_ns);
  void mark_failed();
  void mark_closed();

  // Of the last record returned; 0 for none yet.
  uint64_t sequence() const { return sequence_; }
  uint64_t unreleased_bytes() const { return read_ - released_; }
  uint64_t fill_bytes() const;
  size_t capacity_bytes() const { return memory_.capacity_bytes(); }
  RingHeader& header() { return memory_.header(); }

 private:
  void wake_producer();
  RingMemory memory_;
  uint64_t read_;
  uint64_t released_;
  uint64_t sequence_ = 0;  // of the last record returned, 0 for none yet
};

}  // namespace bygone
