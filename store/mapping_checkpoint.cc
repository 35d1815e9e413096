#include "store/mapping_checkpoint.h"

#include <algorithm>

#include "schema/codec.h"

namespace bygone {

namespace {
constexpr size_t kChangesPerCheckpoint = 256;
}

std::vector<std::byte> encode_ids(const std::set<uint64_t>& ids) {
  std::vector<std::byte> bytes;
  WireWriter out(bytes);
  uint64_t previous = 0;
  for (const uint64_t id : ids) out.put_unsigned(id - std::exchange(previous, id));
  return bytes;
}

Expected<std::vector<uint64_t>> decode_ids(std::span<const std::byte> bytes) {
  std::vector<uint64_t> ids;
  WireReader in(bytes);
  uint64_t previous = 0;
  while (!in.at_end()) {
    uint64_t difference = 0;
    if (!in.get_unsigned(difference) || difference == 0 || difference > uint64_t(INT64_MAX) - previous)
      return fail(ErrorKind::bad_data, "mapping checkpoint", "holds a list of ids that cannot be",
                  "record again if there is no copy");
    ids.push_back(previous += difference);
  }
  return ids;
}

MappingCheckpoints::MappingCheckpoints(SQLite::Database& database)
    : insert_(database,
              "INSERT OR REPLACE INTO mapping_checkpoint(address_space, event, mappings) VALUES(?, ?, ?)") {}

// A large address space is written down less often, so that checkpoints never outweigh the rows.
void MappingCheckpoints::changed(AddressSpaceId id, Space& space) {
  if (++space.changes >= std::max(kChangesPerCheckpoint, space.live.size())) due_.insert(id);
}

void MappingCheckpoints::see(const AnyRow& row) {
  if (const auto* mapping = std::get_if<Mapping>(&row)) {
    if (mapping->end_event != kNoEvent) return;
    Space& space = spaces_[mapping->address_space];
    space.live.insert(mapping->id.value);
    space_of_[mapping->id] = mapping->address_space;
    changed(mapping->address_space, space);
  } else if (const auto* end = std::get_if<MappingEnd>(&row)) {
    const auto known = space_of_.find(end->id);
    if (known == space_of_.end()) return;
    Space& space = spaces_[known->second];
    space.live.erase(end->id.value);
    changed(known->second, space);
    space_of_.erase(known);
  } else if (const auto* gone = std::get_if<AddressSpaceEnd>(&row)) {
    const auto known = spaces_.find(gone->id);
    if (known == spaces_.end()) return;
    for (const uint64_t id : known->second.live) space_of_.erase(MappingId{id});
    spaces_.erase(known);
    due_.erase(gone->id);
  }
}

void MappingCheckpoints::write_due(EventNumber event) {
  for (const AddressSpaceId id : due_) {
    Space& space = spaces_[id];
    const auto bytes = encode_ids(space.live);
    insert_.reset();
    insert_.bind(1, int64_t(id.value));
    insert_.bind(2, int64_t(event.value));
    insert_.bindNoCopy(3, bytes.data(), int(bytes.size()));
    insert_.exec();
    insert_.reset();
    space.changes = 0;
  }
  due_.clear();
}

}  // namespace bygone
