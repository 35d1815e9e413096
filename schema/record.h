#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "schema/error.h"
#include "schema/ids.h"
#include "schema/kernel_mapping.h"

namespace bygone {

// Types of the records that travel from a recorder to the store. Wire values: append only.
enum class RecordType : uint8_t {
  header = 1,
  frame = 2,
  task = 3,
  task_end = 4,
  task_command = 5,
  address_space = 6,
  address_space_end = 7,
  task_address_space = 8,
  task_address_space_end = 9,
  mapping = 10,
  mapping_end = 11,
  memory_write = 12,
  signal = 13,
  extended_state = 14,
  output = 15,
  content = 16,
  memory_digest = 17,
  uncaptured_call = 18,
  call_name = 19,
  snapshot = 20,
  snapshot_task = 21,
  snapshot_space = 22,
  snapshot_file = 23,
  page_batch = 24,
  snapshot_advice = 25,
  content_release = 26,
  path_argument = 40,
};

// What tells one state of a file from another without reading it. Times are ns since the epoch. With both
// times 0 it tells nothing: the file is read, and not taken for known the next time.
struct FileIdentity {
  Device device;
  uint64_t inode = 0;
  uint64_t size_bytes = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;

  auto operator<=>(const FileIdentity&) const = default;
};

// The recorder's side of the store: append only, in event order. After an error nothing of that call is
// stored and later calls fail too; what was committed before stays readable. Not thread-safe: one recorder,
// one sink.
class RecordSink {
 public:
  virtual ~RecordSink() = default;

  // `row` is a row as schema/codec.h encodes it; `payload` is what RowFields<Row>::payload announces,
  // possibly empty. Both are copied before the call returns. An event's other rows come before its frame row.
  virtual Expected<void> append(RecordType type, std::span<const std::byte> row,
                                std::span<const std::byte> payload) = 0;

  // Keeps the content of the file open (for reading) as `fd` and returns its identity within this recording,
  // a new one with every call. Content that is already stored costs neither space nor time; `identity` must
  // be that of `fd` now.
  virtual Expected<ContentId> add_file(int fd, const FileIdentity& identity, std::string_view path) = 0;

  // Everything appended so far becomes visible to readers.
  virtual Expected<void> commit() = 0;

  // Ends the recording; nothing may follow. Without it the destructor does the same and tells nobody how it
  // went.
  virtual Expected<void> close() { return commit(); }

  // Fails if the store has given the recording up. Cheap: may be called between any two appends.
  virtual Expected<void> check() { return {}; }
  // From now on `wake` is called, on another thread and again and again, from when the store is in trouble
  // until check() is called: for a recorder that sleeps while its program does.
  virtual void on_trouble(std::function<void()> wake) { static_cast<void>(wake); }
};

}  // namespace bygone
