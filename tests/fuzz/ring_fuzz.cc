// Bytes as a ring that a recorder scribbled on: they are its data, and the first few say what its header
// claims. Whatever comes out must lie within the ring, and its rows and file pieces are decoded as the
// service does.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "store/file_piece.h"
#include "store/ring.h"
#include "store/row_store.h"

namespace bygone {
namespace {

constexpr int kMostRecords = 1000;

RingMemory& shared_ring() {
  static auto ring = RingMemory::create(kSmallestRingBytes);
  if (!ring) std::abort();
  return *ring;
}

uint64_t sum_of(std::span<const std::byte> bytes) {
  uint64_t sum = 0;
  for (const std::byte byte : bytes) sum += uint64_t(byte);
  return sum;
}

void take(const RingRecord& record) {
  static volatile uint64_t sink;
  sink = sink + sum_of(record.row) + sum_of(record.payload);
  if (record.row.size() + record.payload.size() > kSmallestRingBytes) std::abort();
  if (record.kind == RingRecordKind::row)
    static_cast<void>(decode_any_row(RecordType{record.type}, record.row));
  if (record.kind == RingRecordKind::file_piece) static_cast<void>(FilePiece::decode(record.row));
  if (record.kind == RingRecordKind::file_end) static_cast<void>(decode_row<Content>(record.row));
}

}  // namespace
}  // namespace bygone

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace bygone;
  struct {
    uint64_t released;
    uint32_t written_behind;
    uint32_t flags;
  } claims{};
  if (size < sizeof claims) return 0;
  std::memcpy(&claims, data, sizeof claims);
  const auto bytes = std::span(data, size).subspan(sizeof claims);
  RingMemory& ring = shared_ring();
  // Mostly what a real ring might claim, sometimes anything.
  const uint64_t released = (claims.flags & 3) == 3 ? claims.released : claims.released % (8 << 20) & ~7ull;
  ring.header().released = released;
  ring.header().written = released + ((claims.flags & 12) == 12 ? claims.written_behind : bytes.size());
  std::memcpy(ring.at(released), bytes.data(), std::min(bytes.size(), ring.capacity_bytes()));
  auto memory = RingMemory::attach(::dup(ring.fd()));
  if (!memory) std::abort();
  RingConsumer consumer(std::move(*memory));
  for (int i = 0; i < kMostRecords; ++i) {
    const auto record = consumer.next();
    if (!record || !*record) break;
    take(**record);
    if (i % 3 == 0) consumer.release(uint64_t(i));
  }
  return 0;
}
