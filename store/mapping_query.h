#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/mapping.h"

namespace bygone {

// Finds mappings by address space and event: those that held at the last checkpoint before it, and those
// begun since. Results are by address (unsigned). Members throw SQLite::Exception besides.
class MappingQuery {
 public:
  explicit MappingQuery(SQLite::Database& database);

  Expected<std::vector<Mapping>> at(AddressSpaceId space, EventNumber event);
  Expected<std::vector<Mapping>> begun(AddressSpaceId space, EventNumber event);
  // Began after `before` and hold after `event`.
  Expected<std::vector<Mapping>> begun_since(AddressSpaceId space, EventNumber before, EventNumber event);
  std::vector<EventNumber> begin_events(AddressSpaceId space, EventNumber first, EventNumber last);

 private:
  struct Checkpoint {
    EventNumber event;  // 0 where there is none
    std::vector<uint64_t> ids;
  };
  Expected<Checkpoint> checkpoint(AddressSpaceId space, EventNumber event);
  Expected<void> collect_since(AddressSpaceId space, EventNumber before, EventNumber event,
                               std::vector<Mapping>& into);
  Expected<void> collect(SQLite::Statement& select, std::vector<Mapping>& into);

  SQLite::Database& database_;
  SQLite::Statement checkpoint_;
  SQLite::Statement by_id_;
  SQLite::Statement since_;
  SQLite::Statement begun_;
  SQLite::Statement begin_events_;
};

}  // namespace bygone
