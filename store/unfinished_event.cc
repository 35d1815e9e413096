#include "store/unfinished_event.h"

#include <fmt/core.h>

#include "store/ingest.h"

namespace bygone {

UnfinishedEvent::UnfinishedEvent(SQLite::Database& database)
    : database_(database),
      insert_(database,
              "INSERT OR REPLACE INTO unfinished_row(ordinal, type, fields, blob, blob_offset_bytes, "
              "blob_size_bytes) "
              "VALUES(?, ?, ?, ?, ?, ?)") {}

void UnfinishedEvent::insert(int64_t ordinal, int64_t type, std::span<const std::byte> fields,
                             const std::optional<BlobPosition>& payload) {
  insert_.reset();
  insert_.bind(1, ordinal);
  insert_.bind(2, type);
  insert_.bindNoCopy(3, fields.data(), int(fields.size()));
  bind_payload(insert_, 4, payload);
  insert_.exec();
  insert_.reset();
}

void UnfinishedEvent::save(size_t source, const SourceState& state) {
  const int64_t base = int64_t(source) << kSourceShift;
  if (saved_.size() <= source) saved_.resize(source + 1);
  if (saved_[source] > 0)
    database_.exec(fmt::format("DELETE FROM unfinished_row WHERE ordinal > {} AND ordinal <= {}", base,
                               base + int64_t(saved_[source])));
  constexpr std::byte kEnded[] = {std::byte{1}};
  insert(base, int64_t(state.position), std::span(kEnded).first(state.ended ? 1 : 0), state.pieces);
  std::vector<std::byte> fields;
  for (size_t i = 0; i < state.waiting.size(); ++i) {
    fields.clear();
    const RecordType type = std::visit(
        [&]<class Row>(const Row& row) {
          encode_row(row, fields);
          return RowFields<Row>::type;
        },
        state.waiting[i].row);
    insert(base + int64_t(i) + 1, int64_t(type), fields, state.waiting[i].payload);
  }
  saved_[source] = state.waiting.size();
}

std::vector<SourceState> UnfinishedEvent::load() {
  std::vector<SourceState> sources(1);
  SQLite::Statement all(
      database_,
      "SELECT ordinal, type, fields, blob, blob_offset_bytes, blob_size_bytes FROM unfinished_row "
      "ORDER BY ordinal");
  while (all.executeStep()) {
    const int64_t ordinal = all.getColumn(0).getInt64();
    const auto payload = read_payload(all, 3);
    if (!payload || ordinal < 0 || ordinal >= int64_t(kMostSources) << kSourceShift) continue;
    const size_t source = size_t(ordinal >> kSourceShift);
    if (sources.size() <= source) sources.resize(source + 1);
    SourceState& state = sources[source];
    const SQLite::Column fields = all.getColumn(2);
    if (ordinal == int64_t(source) << kSourceShift) {
      state.position = uint64_t(all.getColumn(1).getInt64());
      state.pieces = *payload;
      state.ended = fields.getBytes() != 0;
      continue;
    }
    auto row = decode_any_row(RecordType(uint8_t(all.getColumn(1).getInt())),
                              {static_cast<const std::byte*>(fields.getBlob()), size_t(fields.getBytes())});
    if (row) state.waiting.push_back({std::move(*row), *payload});
  }
  saved_.clear();
  for (const SourceState& state : sources) saved_.push_back(state.waiting.size());
  return sources;
}

}  // namespace bygone
