#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/mapping.h"
#include "schema/registers.h"
#include "schema/rows.h"

struct sqlite3;
namespace SQLite {
class Database;
}

namespace bygone {

struct BlobPosition;

struct WriteWithBytes {
  MemoryWrite row;
  std::vector<std::byte> bytes;
};
struct OutputWithBytes {
  Output row;
  std::vector<std::byte> bytes;
};

// A frame and everything that belongs to its event but the mappings.
struct FullFrame {
  Frame frame;
  std::optional<Registers> registers;
  std::vector<WriteWithBytes> writes;  // in order
  std::vector<OutputWithBytes> outputs;
  std::optional<Signal> signal;
  std::vector<std::byte> siginfo;         // with signal
  std::vector<std::byte> extended_state;  // empty for none
};

// Read-only view of one recording, also while it is being written: each call sees at least what was committed
// when the reader was opened, and events up to last_event() are complete. Not thread-safe. Content (mapped
// files) is read from the catalog of the store the recording lies in.
class RecordingReader {
 public:
  // `catalog` may be empty for a file that holds its own content.
  static Expected<std::unique_ptr<RecordingReader>> open(const std::filesystem::path& database,
                                                         const std::filesystem::path& catalog);
  ~RecordingReader();
  RecordingReader(const RecordingReader&) = delete;
  RecordingReader& operator=(const RecordingReader&) = delete;

  const std::string& name() const;
  // The header's value, or "" if it has no such key.
  std::string header(std::string_view key) const;
  Expected<std::map<std::string, std::string>> header_entries() const;

  // "recording", "exited 0", "killed by SIGSEGV"; "interrupted" where the writer is gone without having
  // finished.
  std::string outcome() const;

  // The first event that is kept. Where it is not 1, or the recording began with a running program, a replay
  // begins with the snapshot of this event.
  EventNumber first_event() const;
  bool begins_with_snapshot() const;
  // The last event that happened at or before this time since the beginning; 0 for none.
  Expected<EventNumber> event_at(uint64_t time_ns);
  // The event at this share, 0 to 1, of those that are kept.
  EventNumber event_at_share(double share) const;
  // The event after which things are as after `event`: itself, unless it only says which task was attached
  // and first_event() is still to come. Fails with not_found, naming the events there are.
  Expected<EventNumber> state_event(EventNumber event);
  // The last committed event; 0 when there is none yet.
  EventNumber last_event() const;
  // Looks again how far the recording has come (it may still be written).
  Expected<EventNumber> refresh();

  // Streams frames first..last (inclusive) in order; stops early when `visit` returns false. An error of
  // `visit` is passed on. Fails with bad_data on a hole in the event numbers. `visit` may use the reader, and
  // may move things out of the frame. Memory stays bounded whatever the number of frames.
  Expected<void> for_each_full_frame(EventNumber first, EventNumber last,
                                     const std::function<Expected<bool>(FullFrame&)>& visit);

  // What was written to standard output and error at the events first..last (inclusive), in order.
  Expected<std::vector<OutputWithBytes>> outputs(EventNumber first, EventNumber last);

  Expected<std::vector<Task>> tasks();
  Expected<std::vector<TaskAddressSpace>> task_address_spaces();
  Expected<std::vector<AddressSpaceRow>> address_spaces();

  // THE look-up: the mappings of an address space as they stand after `event`, by address (unsigned).
  Expected<std::vector<Mapping>> mappings_at(AddressSpaceId space, EventNumber event);
  // Rows of `space` with first_event == event. By address.
  Expected<std::vector<Mapping>> mappings_begun(AddressSpaceId space, EventNumber event);
  // What mappings_at(space, event) has of rows that began after `before`.
  Expected<std::vector<Mapping>> mappings_begun_since(AddressSpaceId space, EventNumber before,
                                                      EventNumber event);
  // The events in first..last (inclusive) at which rows of `space` begin, ascending.
  Expected<std::vector<EventNumber>> mapping_begin_events(AddressSpaceId space, EventNumber first,
                                                          EventNumber last);
  // The bytes stored with a row of DataSource::bytes.
  Expected<std::vector<std::byte>> mapping_bytes(MappingId id);
  // The address space `tid` runs in after `event`; not_found if no such task lives then.
  Expected<AddressSpaceId> address_space_of(Tid tid, EventNumber event);

  Expected<Content> content(ContentId id);
  // Reads [offset, offset + out.size()) of a content; must lie inside it.
  Expected<void> read_content(ContentId id, uint64_t offset_bytes, std::span<std::byte> out);
  // The first offset from this one on that lies in a piece of the content which is not all zero; its size if
  // there is none.
  Expected<uint64_t> next_content_data(ContentId id, uint64_t offset_bytes);

  Expected<std::vector<MemoryDigest>> digests_at(EventNumber event);
  Expected<std::vector<UncapturedCall>> uncaptured_calls();
  // Names of the system calls that occur, by number.
  Expected<std::map<int32_t, std::string>> call_names();

  // The connection, for queries; read-only, owned by the reader.
  sqlite3* connection();

 private:
  friend SQLite::Database& recording_database(RecordingReader& reader);
  friend Expected<std::vector<std::byte>> payload_bytes(RecordingReader& reader,
                                                        const BlobPosition& position);
  friend Expected<std::vector<std::byte>> shared_chunk_bytes(RecordingReader& reader,
                                                             std::span<const std::byte> sha256);
  friend Expected<void> verify_content(RecordingReader& reader, ContentId id);
  struct Impl;
  explicit RecordingReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bygone
