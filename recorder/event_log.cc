#include "recorder/event_log.h"

#include <ctime>

#include "tracee/syscall_table.h"

namespace bygone {

namespace {

constexpr size_t kLargestWrite = 1 << 20;

uint64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
}

}  // namespace

EventLog::EventLog(RecordSink& sink) : sink_(sink), started_ns_(monotonic_ns()) {}

uint64_t EventLog::now_ns() const {
  return monotonic_ns() - started_ns_;
}

const std::optional<Error>& EventLog::check() {
  if (!failure_) note(sink_.check());
  return failure_;
}

void EventLog::close() {
  if (!failure_) note(sink_.close());
}

void EventLog::memory_write(Tid task, Address address, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), kLargestWrite));
    row(MemoryWrite{next_, next_write_++, task, address, piece.size()}, piece);
    address = address + piece.size();
    bytes = bytes.subspan(piece.size());
  }
}

void EventLog::output(int stream, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), kLargestWrite));
    row(Output{next_, next_output_++, stream, piece.size()}, piece);
    bytes = bytes.subspan(piece.size());
  }
}

void EventLog::mapping_changes(AddressSpace& space, std::span<const std::byte> stored_bytes) {
  const AddressSpace::Changes changes = space.take_changes();
  for (MappingId id : changes.ended) row(MappingEnd{id, next_});
  for (const Mapping& mapping : changes.begun)
    row(mapping, mapping.data.source == DataSource::bytes ? stored_bytes : std::span<const std::byte>{});
}

void EventLog::frame(FrameKind kind, Tid task, std::optional<int32_t> call, std::optional<int64_t> result,
                     const Registers* registers) {
  const bool is_signal = kind == FrameKind::signal || kind == FrameKind::handler;
  if (call && !is_signal && named_calls_.insert(*call).second)
    row(CallName{*call, std::string(call_name(*call))});
  std::span<const std::byte> payload;
  if (registers != nullptr) payload = std::as_bytes(std::span(registers->values));
  row(Frame{next_, task, kind, call, result, now_ns()}, payload);
  ++next_.value;
  next_write_ = 0;
  next_output_ = 0;
}

}  // namespace bygone
