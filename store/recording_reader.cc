#include "store/recording_reader.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "store/catalog_schema.h"
#include "store/content_reader.h"
#include "store/database.h"
#include "store/frame_stream.h"
#include "store/liveness.h"
#include "store/mapping_query.h"
#include "store/recording_access.h"
#include "store/recording_schema.h"
#include "store/row_sql.h"

namespace bygone {

struct RecordingReader::Impl {
  Impl(std::filesystem::path file, std::unique_ptr<SQLite::Database> db)
      : path(std::move(file)),
        database(std::move(db)),
        format(pragma_number(*database, "user_version")),
        blobs(*database, [this](std::span<const std::byte> sha256) { return chunk(sha256); }),
        mappings(*database),
        space_of_task(*database,
                      "SELECT s.address_space FROM task t JOIN task_address_space s ON s.task = t.id "
                      "WHERE t.tid = ?1 AND t.first_event <= ?2 AND t.end_event > ?2 "
                      "AND s.first_event <= ?2 AND s.end_event > ?2 ORDER BY s.first_event DESC LIMIT 1") {}

  // The content tables: the recording's own, or else the catalog's.
  Expected<ContentReader*> contents();
  Expected<std::vector<std::byte>> chunk(std::span<const std::byte> sha256);

  template <class Row>
  Expected<std::vector<Row>> rows(const std::string& rest, std::initializer_list<int64_t> parameters = {}) {
    return guarded(name, [&]() -> Expected<std::vector<Row>> {
      SQLite::Statement select(*database, fmt::format("SELECT {} FROM {} {}", column_list<Row>(format),
                                                      RowFields<Row>::table, rest));
      int index = 0;
      for (const int64_t parameter : parameters) select.bind(++index, parameter);
      std::vector<Row> rows;
      while (select.executeStep()) BYGONE_TRY(read_row(select, rows.emplace_back()));
      return rows;
    });
  }

  std::filesystem::path path;
  std::filesystem::path catalog_path;
  std::string name;
  std::unique_ptr<SQLite::Database> database;
  int64_t format;
  std::unique_ptr<SQLite::Database> catalog;
  BlobReader blobs;
  MappingQuery mappings;
  SQLite::Statement space_of_task;
  std::unique_ptr<ContentReader> content_reader;
  std::map<std::string, std::string> header;
  std::map<ContentId, Content> known_contents;
  EventNumber last;
};

Expected<ContentReader*> RecordingReader::Impl::contents() {
  if (content_reader) return content_reader.get();
  return guarded(name, [&]() -> Expected<ContentReader*> {
    if (database->tableExists("file_content")) {
      content_reader = std::make_unique<ContentReader>(*database);
      return content_reader.get();
    }
    if (catalog_path.empty())
      return fail(ErrorKind::not_found, name,
                  "does not hold the files it mapped and read, and there is no catalog beside it",
                  "use `bygone pack` to make a file that travels, or name the store with --store");
    BYGONE_ASSIGN(catalog, open_untrusted(catalog_path, kCatalogApplicationId, "a catalog of recordings"));
    content_reader = std::make_unique<ContentReader>(*catalog);
    return content_reader.get();
  });
}

Expected<std::vector<std::byte>> RecordingReader::Impl::chunk(std::span<const std::byte> sha256) {
  BYGONE_ASSIGN(ContentReader * reader, contents());
  return reader->chunk(sha256);
}

RecordingReader::RecordingReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordingReader::~RecordingReader() = default;

Expected<std::unique_ptr<RecordingReader>> RecordingReader::open(const std::filesystem::path& path,
                                                                 const std::filesystem::path& catalog) {
  BYGONE_ASSIGN(auto database, open_untrusted(path, kRecordingApplicationId, "a recording"));
  using Opened = Expected<std::unique_ptr<RecordingReader>>;
  return guarded(path.string(), [&]() -> Opened {
    BYGONE_TRY(check_recording_tables(*database, path.string()));
    auto reader = std::unique_ptr<RecordingReader>(
        new RecordingReader(std::make_unique<Impl>(path, std::move(database))));
    reader->impl_->catalog_path = catalog;
    BYGONE_TRY(reader->refresh());
    const auto name = reader->impl_->header.find("name");
    reader->impl_->name = name != reader->impl_->header.end() ? name->second : path.stem().string();
    return reader;
  });
}

const std::string& RecordingReader::name() const {
  return impl_->name;
}

std::string RecordingReader::header(std::string_view key) const {
  const auto found = impl_->header.find(std::string(key));
  return found != impl_->header.end() ? found->second : std::string();
}

Expected<std::map<std::string, std::string>> RecordingReader::header_entries() const {
  BYGONE_ASSIGN(const auto entries, impl_->rows<HeaderEntry>(""));
  std::map<std::string, std::string> map;
  for (const HeaderEntry& entry : entries) map[entry.key] = entry.value;
  return map;
}

std::string RecordingReader::outcome() const {
  if (header("state") != "recording") return header("outcome");
  return is_being_written(impl_->path) ? "recording" : "interrupted";
}

EventNumber RecordingReader::first_event() const {
  const std::string text = header(kFirstEventKey);
  uint64_t first = 1;
  std::from_chars(text.data(), text.data() + text.size(), first);
  return EventNumber{std::clamp<uint64_t>(first, 1, INT64_MAX - 1)};
}

bool RecordingReader::begins_with_snapshot() const {
  return !header(kFirstEventKey).empty();
}

// Times ascend with the events, and no index is needed.
Expected<EventNumber> RecordingReader::event_at(uint64_t time_ns) {
  return guarded(impl_->name, [&]() -> Expected<EventNumber> {
    SQLite::Statement select(*impl_->database, "SELECT time_ns FROM frame WHERE event = ?");
    uint64_t low = first_event().value - 1, high = impl_->last.value;
    while (low < high) {
      const uint64_t middle = low + (high - low + 1) / 2;
      select.reset();
      select.bind(1, int64_t(middle));
      const bool before = select.executeStep() && uint64_t(select.getColumn(0).getInt64()) <= time_ns;
      (before ? low : high) = before ? middle : middle - 1;
    }
    return EventNumber{low};
  });
}

EventNumber RecordingReader::last_event() const {
  return impl_->last;
}

EventNumber RecordingReader::event_at_share(double share) const {
  const EventNumber first = first_event();
  if (impl_->last < first) return impl_->last;
  return EventNumber{first.value + uint64_t(double(impl_->last.value - first.value) * share)};
}

Expected<EventNumber> RecordingReader::state_event(EventNumber event) {
  const EventNumber first = first_event();
  if (event >= first && event <= impl_->last) return event;
  return guarded(impl_->name, [&]() -> Expected<EventNumber> {
    SQLite::Statement attached(*impl_->database, "SELECT 1 FROM frame WHERE event = ? AND kind = ?");
    attached.bind(1, int64_t(event.value));
    attached.bind(2, int64_t(FrameKind::attach));
    if (event < first && first <= impl_->last && attached.executeStep()) return first;
    if (impl_->last.value == 0) return fail(ErrorKind::not_found, impl_->name, "has no event yet");
    return fail(ErrorKind::not_found, fmt::format("event {}", event.value),
                fmt::format("is not in recording {}", impl_->name),
                fmt::format("its events are {}..{}", first.value, impl_->last.value));
  });
}

Expected<EventNumber> RecordingReader::refresh() {
  // What is over gets no more events; the next reader sees what `bygone index` adds.
  if (!impl_->header.empty() && header("state") != "recording") return impl_->last;
  BYGONE_ASSIGN(impl_->header, header_entries());
  return guarded(impl_->name, [&]() -> Expected<EventNumber> {
    SQLite::Statement select(*impl_->database, "SELECT max(event) FROM frame");
    const int64_t last = select.executeStep() ? select.getColumn(0).getInt64() : 0;
    if (last < 0 || last >= INT64_MAX)
      return fail(ErrorKind::bad_data, impl_->name, "its last event has an impossible number");
    impl_->last = EventNumber{uint64_t(last)};
    return impl_->last;
  });
}

Expected<void> RecordingReader::for_each_full_frame(EventNumber first, EventNumber last,
                                                    const std::function<Expected<bool>(FullFrame&)>& visit) {
  return guarded(impl_->name, [&]() -> Expected<void> {
    FrameStream stream(*impl_->database, impl_->blobs);
    return stream.run(first, std::min(last, impl_->last), visit);
  });
}

Expected<std::vector<OutputWithBytes>> RecordingReader::outputs(EventNumber first, EventNumber last) {
  return guarded(impl_->name, [&] {
    return FrameStream(*impl_->database, impl_->blobs).outputs(first, std::min(last, impl_->last));
  });
}

Expected<std::vector<Task>> RecordingReader::tasks() {
  return impl_->rows<Task>("ORDER BY id");
}

Expected<std::vector<TaskAddressSpace>> RecordingReader::task_address_spaces() {
  return impl_->rows<TaskAddressSpace>("ORDER BY first_event, task");
}

Expected<std::vector<AddressSpaceRow>> RecordingReader::address_spaces() {
  return impl_->rows<AddressSpaceRow>("ORDER BY id");
}

Expected<std::vector<Mapping>> RecordingReader::mappings_at(AddressSpaceId space, EventNumber event) {
  return guarded(impl_->name, [&] { return impl_->mappings.at(space, event); });
}

Expected<std::vector<Mapping>> RecordingReader::mappings_begun(AddressSpaceId space, EventNumber event) {
  return guarded(impl_->name, [&] { return impl_->mappings.begun(space, event); });
}

Expected<std::vector<Mapping>> RecordingReader::mappings_begun_since(AddressSpaceId space, EventNumber before,
                                                                     EventNumber event) {
  return guarded(impl_->name, [&] { return impl_->mappings.begun_since(space, before, event); });
}

Expected<std::vector<EventNumber>> RecordingReader::mapping_begin_events(AddressSpaceId space,
                                                                         EventNumber first,
                                                                         EventNumber last) {
  return guarded(impl_->name, [&]() -> Expected<std::vector<EventNumber>> {
    return impl_->mappings.begin_events(space, first, last);
  });
}

Expected<std::vector<std::byte>> RecordingReader::mapping_bytes(MappingId id) {
  return guarded(impl_->name, [&]() -> Expected<std::vector<std::byte>> {
    SQLite::Statement select(*impl_->database,
                             fmt::format("SELECT {} FROM mapping WHERE id = ?", kPayloadColumns));
    select.bind(1, int64_t(id.value));
    if (!select.executeStep())
      return fail(ErrorKind::not_found, fmt::format("mapping {}", id.value), "is not in this recording");
    BYGONE_ASSIGN(const auto position, read_payload(select, 0));
    if (!position) return std::vector<std::byte>{};
    return impl_->blobs.read(*position);
  });
}

Expected<AddressSpaceId> RecordingReader::address_space_of(Tid tid, EventNumber event) {
  return guarded(impl_->name, [&]() -> Expected<AddressSpaceId> {
    SQLite::Statement& select = impl_->space_of_task;
    const ResetOnExit reset(select);
    select.bind(1, tid.value);
    select.bind(2, int64_t(event.value));
    if (!select.executeStep())
      return fail(ErrorKind::not_found, fmt::format("task {}", tid.value),
                  fmt::format("does not live at event {}", event.value), "`bygone query tasks` lists them");
    return AddressSpaceId{uint64_t(select.getColumn(0).getInt64())};
  });
}

Expected<Content> RecordingReader::content(ContentId id) {
  if (const auto known = impl_->known_contents.find(id); known != impl_->known_contents.end())
    return known->second;
  BYGONE_ASSIGN(auto found, impl_->rows<Content>("WHERE id = ?", {int64_t(id.value)}));
  if (found.empty())
    return fail(ErrorKind::not_found, fmt::format("content {}", id.value), "is not in this recording");
  return impl_->known_contents[id] = std::move(found.front());
}

Expected<void> RecordingReader::read_content(ContentId id, uint64_t offset_bytes, std::span<std::byte> out) {
  BYGONE_ASSIGN(const Content row, content(id));
  BYGONE_ASSIGN(ContentReader * reader, impl_->contents());
  return guarded(row.path, [&] { return reader->read(row.sha256, offset_bytes, out); });
}

Expected<uint64_t> RecordingReader::next_content_data(ContentId id, uint64_t offset_bytes) {
  BYGONE_ASSIGN(const Content row, content(id));
  BYGONE_ASSIGN(ContentReader * reader, impl_->contents());
  return guarded(row.path, [&] { return reader->next_data(row.sha256, offset_bytes); });
}

Expected<std::vector<MemoryDigest>> RecordingReader::digests_at(EventNumber event) {
  return impl_->rows<MemoryDigest>("WHERE event = ? ORDER BY address_space, start", {int64_t(event.value)});
}

Expected<std::vector<UncapturedCall>> RecordingReader::uncaptured_calls() {
  return impl_->rows<UncapturedCall>("ORDER BY count DESC, call, detail");
}

Expected<std::map<int32_t, std::string>> RecordingReader::call_names() {
  BYGONE_ASSIGN(const auto rows, impl_->rows<CallName>(""));
  std::map<int32_t, std::string> names;
  for (const CallName& row : rows) names[row.number] = row.name;
  return names;
}

sqlite3* RecordingReader::connection() {
  return impl_->database->getHandle();
}

Expected<std::vector<std::byte>> payload_bytes(RecordingReader& reader, const BlobPosition& position) {
  return guarded(reader.name(), [&] { return reader.impl_->blobs.read(position); });
}

SQLite::Database& recording_database(RecordingReader& reader) {
  return *reader.impl_->database;
}

Expected<std::vector<std::byte>> shared_chunk_bytes(RecordingReader& reader,
                                                    std::span<const std::byte> sha256) {
  return guarded(reader.name(), [&] { return reader.impl_->chunk(sha256); });
}

Expected<void> verify_content(RecordingReader& reader, ContentId id) {
  BYGONE_ASSIGN(const Content row, reader.content(id));
  BYGONE_ASSIGN(ContentReader * contents, reader.impl_->contents());
  return guarded(row.path, [&] { return contents->verify(row.sha256, row.size_bytes); });
}

}  // namespace bygone
