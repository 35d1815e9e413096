#include "store/unfinished_event.h"

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

void UnfinishedEvent::save(uint64_t position, const std::vector<WaitingRow>& waiting,
                           const std::optional<BlobPosition>& pieces) {
  if (saved_ > 0) database_.exec("DELETE FROM unfinished_row WHERE ordinal > 0");
  insert(0, int64_t(position), {}, pieces);
  std::vector<std::byte> fields;
  for (size_t i = 0; i < waiting.size(); ++i) {
    fields.clear();
    const RecordType type = std::visit(
        [&]<class Row>(const Row& row) {
          encode_row(row, fields);
          return RowFields<Row>::type;
        },
        waiting[i].row);
    insert(int64_t(i) + 1, int64_t(type), fields, waiting[i].payload);
  }
  saved_ = waiting.size();
}

uint64_t UnfinishedEvent::load(std::vector<WaitingRow>& waiting, std::optional<BlobPosition>& pieces) {
  uint64_t position = 0;
  SQLite::Statement all(
      database_,
      "SELECT ordinal, type, fields, blob, blob_offset_bytes, blob_size_bytes FROM unfinished_row "
      "ORDER BY ordinal");
  while (all.executeStep()) {
    const auto payload = read_payload(all, 3);
    if (!payload) continue;
    if (all.getColumn(0).getInt64() == 0) {
      position = uint64_t(all.getColumn(1).getInt64());
      pieces = *payload;
      continue;
    }
    const SQLite::Column fields = all.getColumn(2);
    auto row = decode_any_row(RecordType(uint8_t(all.getColumn(1).getInt())),
                              {static_cast<const std::byte*>(fields.getBlob()), size_t(fields.getBytes())});
    if (row) waiting.push_back({std::move(*row), *payload});
  }
  saved_ = waiting.size();
  return position;
}

}  // namespace bygone
