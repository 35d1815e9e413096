#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "schema/codec.h"
#include "schema/registers.h"
#include "tracee/address_space.h"

namespace bygone {

// Numbers the events and writes each with all that belongs to it. Rows are appended for the event that next()
// names, the frame itself last: that completes the event. After the first error of the sink nothing is
// written any more, though events go on being counted: whoever is at work finishes what it began, and the
// session then decides what becomes of the program.
class EventLog {
 public:
  explicit EventLog(RecordSink& sink);

  EventNumber next() const { return next_; }
  uint64_t events() const { return next_.value - 1; }
  // Rows and payloads, about.
  uint64_t written_bytes() const { return written_bytes_; }
  // The sink's first error, if it had one.
  const std::optional<Error>& failure() const { return failure_; }
  // Asks the sink too: it may know of trouble that no row has met yet.
  const std::optional<Error>& check();
  // Something else that went to the sink has failed.
  void report(const Error& error) {
    if (!failure_) failure_ = error;
  }
  // Everything is on disk, or there is a failure().
  void close();

  template <class Row>
  void row(const Row& row, std::span<const std::byte> payload = {}) {
    written_bytes_ += kRowBytes + payload.size();
    if (!failure_) note(append_row(sink_, row, payload));
  }
  // Memory the kernel wrote for `task`, split into rows of bounded size.
  void memory_write(Tid task, Address address, std::span<const std::byte> bytes);
  void output(int stream, std::span<const std::byte> bytes);
  // Writes down the rows the address space has begun and ended; `bytes_of` gives the payload of a row of
  // DataSource::bytes (only exec makes such rows).
  void mapping_changes(AddressSpace& space, std::span<const std::byte> stored_bytes = {});
  void frame(FrameKind kind, Tid task, std::optional<int32_t> call, std::optional<int64_t> result,
             const Registers* registers);

 private:
  static constexpr uint64_t kRowBytes = 32;

  uint64_t now_ns() const;
  void note(const Expected<void>& done) {
    if (!done && !failure_) failure_ = done.error();
  }

  RecordSink& sink_;
  std::optional<Error> failure_;
  EventNumber next_{1};
  uint64_t written_bytes_ = 0;
  uint32_t next_write_ = 0;
  uint32_t next_output_ = 0;
  uint64_t started_ns_;
  std::set<int32_t> named_calls_;
};

}  // namespace bygone
