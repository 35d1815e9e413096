#include "store/mapping_query.h"

#include <algorithm>

#include "store/row_sql.h"

namespace bygone {

namespace {

std::string select_mappings(std::string_view where) {
  return fmt::format("SELECT {} FROM mapping WHERE {}", column_list<Mapping>(), where);
}

void sort_by_address(std::vector<Mapping>& mappings) {
  std::sort(mappings.begin(), mappings.end(),
            [](const Mapping& a, const Mapping& b) { return a.range().start < b.range().start; });
}

}  // namespace

MappingQuery::MappingQuery(SQLite::Database& database)
    : at_(database, select_mappings("address_space = ?1 AND first_event <= ?2 AND end_event > ?2")),
      begun_(database, select_mappings("address_space = ?1 AND first_event = ?2")) {}

Expected<void> MappingQuery::collect(SQLite::Statement& select, std::vector<Mapping>& into) {
  while (select.executeStep()) BYGONE_TRY(read_row(select, into.emplace_back()));
  select.reset();
  return {};
}

Expected<std::vector<Mapping>> MappingQuery::at(AddressSpaceId space, EventNumber event) {
  std::vector<Mapping> found;
  at_.reset();
  at_.bind(1, int64_t(space.value));
  at_.bind(2, int64_t(event.value));
  BYGONE_TRY(collect(at_, found));
  sort_by_address(found);
  return found;
}

Expected<std::vector<Mapping>> MappingQuery::begun(AddressSpaceId space, EventNumber event) {
  std::vector<Mapping> found;
  begun_.reset();
  begun_.bind(1, int64_t(space.value));
  begun_.bind(2, int64_t(event.value));
  BYGONE_TRY(collect(begun_, found));
  sort_by_address(found);
  return found;
}

// A mapping that ends at an event held just before it, or never held at all.
Expected<std::vector<Mapping>> MappingQuery::ended(AddressSpaceId space, EventNumber event) {
  std::vector<Mapping> found;
  if (event.value > 0) {
    BYGONE_ASSIGN(found, at(space, EventNumber{event.value - 1}));
  }
  BYGONE_ASSIGN(auto fresh, begun(space, event));
  found.insert(found.end(), std::make_move_iterator(fresh.begin()), std::make_move_iterator(fresh.end()));
  std::erase_if(found, [&](const Mapping& mapping) { return mapping.end_event != event; });
  sort_by_address(found);
  return found;
}

}  // namespace bygone
