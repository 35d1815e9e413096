#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/mapping.h"

namespace bygone {

// Finds mappings by address space and event. Results are by address (unsigned). Members throw
// SQLite::Exception besides.
class MappingQuery {
 public:
  explicit MappingQuery(SQLite::Database& database);

  Expected<std::vector<Mapping>> at(AddressSpaceId space, EventNumber event);
  Expected<std::vector<Mapping>> begun(AddressSpaceId space, EventNumber event);
  Expected<std::vector<Mapping>> ended(AddressSpaceId space, EventNumber event);

 private:
  Expected<void> collect(SQLite::Statement& select, std::vector<Mapping>& into);

  SQLite::Statement at_;
  SQLite::Statement begun_;
};

}  // namespace bygone
