#pragma once

// What lies in a ring: shared memory between one recorder (the producer) and the service (the consumer). Both
// ends include this header and no other description of it exists; docs/format.md explains it.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace bygone {

inline constexpr uint64_t kRingMagic = 0x31474e4952475942;  // "BYGRING1"
inline constexpr size_t kRingHeaderBytes = 4096;
inline constexpr size_t kDefaultRingBytes = size_t{64} << 20;
inline constexpr size_t kSmallestRingBytes = size_t{4} << 20;
inline constexpr size_t kLargestRingBytes = size_t{4} << 30;
// Payloads and files longer than this travel in pieces.
inline constexpr size_t kPieceBytes = size_t{512} << 10;

// Positions count bytes since the ring was made and never wrap; the place in the ring is the position modulo
// its capacity. Each side writes only its own cache lines.
struct RingHeader {
  uint64_t magic;
  uint64_t capacity_bytes;

  alignas(64) std::atomic<uint64_t> written;  // producer: records before this are complete
  std::atomic<uint64_t> full_waits;           // producer: how often it waited for room
  std::atomic<uint64_t> full_wait_ns;

  alignas(64) std::atomic<uint64_t> released;  // consumer: records before this are committed
  std::atomic<uint64_t> committed_sequence;    // consumer: the last record committed
  std::atomic<uint64_t> committed_event;       // consumer: the last event readers can see
  std::atomic<uint64_t> payload_bytes;         // consumer: committed, as they came and compressed
  std::atomic<uint64_t> stored_bytes;
  std::atomic<uint64_t> commits;
  std::atomic<uint32_t> failed;  // consumer: takes no more; the socket says why
  std::atomic<uint32_t> closed;  // consumer: the recording is complete on disk

  // 1 while that side sleeps in futex(2) on the word itself.
  alignas(64) std::atomic<uint32_t> consumer_sleeps;
  alignas(64) std::atomic<uint32_t> producer_sleeps;
};
static_assert(sizeof(RingHeader) <= kRingHeaderBytes);
static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<uint32_t>::is_always_lock_free);

// Wire values.
enum class RingRecordKind : uint8_t {
  row = 1,            // a record: type, row, and the last (or only) piece of its payload
  payload_piece = 2,  // an earlier piece of the next row's payload
  file_piece = 3,     // row: FilePiece; payload: bytes, a multiple of 64 KiB but for the last piece
  file_end = 4,  // row: a Content without sha256, complete now; type 1 if the file did not change meanwhile
  commit = 5,    // commit soon
  end = 6,       // nothing follows
};

// Followed by row_bytes of row and payload_bytes of payload, padded to a multiple of 8.
struct RingRecordHeader {
  uint32_t size_bytes;  // all of it, padding included
  uint32_t row_bytes;
  uint32_t payload_bytes;
  RingRecordKind kind;
  uint8_t type;  // RecordType of a row
  uint16_t zero;
  uint64_t sequence;  // from 1, without holes
};
static_assert(sizeof(RingRecordHeader) == 24);

}  // namespace bygone
