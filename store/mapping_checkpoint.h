#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "schema/error.h"
#include "schema/mapping.h"
#include "store/row_store.h"

namespace bygone {

// Every so many changes of an address space the ids of the mappings that hold then are written down, so that
// "mappings at event N" costs what is mapped then, however long the recording. The ids are ascending, each as
// the difference from the one before, as unsigned LEB128.
std::vector<std::byte> encode_ids(const std::set<uint64_t>& ids);
Expected<std::vector<uint64_t>> decode_ids(std::span<const std::byte> bytes);

// Follows the mappings of a recording as their rows go by. Memory is bounded by what is mapped at one time.
class MappingCheckpoints {
 public:
  explicit MappingCheckpoints(SQLite::Database& database);

  void see(const AnyRow& row);
  // To be called when all rows of `event` are in their tables. Throws SQLite::Exception.
  void write_due(EventNumber event);

 private:
  struct Space {
    std::set<uint64_t> live;
    size_t changes = 0;
  };
  void changed(AddressSpaceId id, Space& space);

  SQLite::Statement insert_;
  std::unordered_map<AddressSpaceId, Space> spaces_;
  std::unordered_map<MappingId, AddressSpaceId> space_of_;
  std::set<AddressSpaceId> due_;
};

}  // namespace bygone
