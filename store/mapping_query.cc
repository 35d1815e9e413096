#include "store/mapping_query.h"

#include <algorithm>

#include "store/database.h"
#include "store/mapping_checkpoint.h"
#include "store/row_sql.h"

namespace bygone {

namespace {

std::string select_mappings(SQLite::Database& database, std::string_view where) {
  return fmt::format("SELECT {} FROM mapping WHERE {}",
                     column_list<Mapping>(pragma_number(database, "user_version")), where);
}

void sort_by_address(std::vector<Mapping>& mappings) {
  std::sort(mappings.begin(), mappings.end(),
            [](const Mapping& a, const Mapping& b) { return a.range().start < b.range().start; });
}

}  // namespace

MappingQuery::MappingQuery(SQLite::Database& database)
    : database_(database),
      checkpoint_(database,
                  "SELECT event, mappings FROM mapping_checkpoint WHERE address_space = ? AND event <= ? "
                  "ORDER BY event DESC LIMIT 1"),
      by_id_(database, select_mappings(database, "id = ?1 AND address_space = ?2 AND end_event > ?3")),
      since_(
          database,
          select_mappings(
              database, "address_space = ?1 AND first_event > ?2 AND first_event <= ?3 AND end_event > ?3")),
      begun_(database, select_mappings(database, "address_space = ?1 AND first_event = ?2")),
      begin_events_(
          database,
          "SELECT DISTINCT first_event FROM mapping WHERE address_space = ?1 AND first_event >= ?2 AND "
          "first_event <= ?3 ORDER BY first_event") {}

std::vector<EventNumber> MappingQuery::begin_events(AddressSpaceId space, EventNumber first,
                                                    EventNumber last) {
  std::vector<EventNumber> events;
  begin_events_.reset();
  begin_events_.bind(1, int64_t(space.value));
  begin_events_.bind(2, int64_t(first.value));
  begin_events_.bind(3, int64_t(last.value));
  while (begin_events_.executeStep())
    events.push_back(EventNumber{uint64_t(begin_events_.getColumn(0).getInt64())});
  begin_events_.reset();
  return events;
}

Expected<void> MappingQuery::collect(SQLite::Statement& select, std::vector<Mapping>& into) {
  const ResetOnExit reset(select);
  while (select.executeStep()) BYGONE_TRY(read_row(select, into.emplace_back()));
  return {};
}

Expected<MappingQuery::Checkpoint> MappingQuery::checkpoint(AddressSpaceId space, EventNumber event) {
  checkpoint_.reset();
  checkpoint_.bind(1, int64_t(space.value));
  checkpoint_.bind(2, int64_t(event.value));
  const ResetOnExit reset(checkpoint_);
  Checkpoint found;
  if (checkpoint_.executeStep()) {
    found.event = EventNumber{uint64_t(checkpoint_.getColumn(0).getInt64())};
    const SQLite::Column column = checkpoint_.getColumn(1);
    BYGONE_ASSIGN(found.ids,
                  decode_ids({static_cast<const std::byte*>(column.getBlob()), size_t(column.getBytes())}));
  }
  return found;
}

Expected<std::vector<Mapping>> MappingQuery::at(AddressSpaceId space, EventNumber event) {
  const ReadTransaction transaction(database_);
  std::vector<Mapping> found;
  BYGONE_ASSIGN(const Checkpoint before, checkpoint(space, event));
  found.reserve(before.ids.size());
  by_id_.bind(2, int64_t(space.value));
  by_id_.bind(3, int64_t(event.value));
  for (const uint64_t id : before.ids) {
    by_id_.bind(1, int64_t(id));
    BYGONE_TRY(collect(by_id_, found));
  }
  BYGONE_TRY(collect_since(space, before.event, event, found));
  sort_by_address(found);
  return found;
}

Expected<void> MappingQuery::collect_since(AddressSpaceId space, EventNumber before, EventNumber event,
                                           std::vector<Mapping>& into) {
  since_.reset();
  since_.bind(1, int64_t(space.value));
  since_.bind(2, int64_t(before.value));
  since_.bind(3, int64_t(event.value));
  return collect(since_, into);
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

Expected<std::vector<Mapping>> MappingQuery::begun_since(AddressSpaceId space, EventNumber before,
                                                         EventNumber event) {
  std::vector<Mapping> found;
  BYGONE_TRY(collect_since(space, before, event, found));
  sort_by_address(found);
  return found;
}

}  // namespace bygone
