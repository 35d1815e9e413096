#include "store/recording_drain.h"

#include <fmt/core.h>

#include "schema/codec.h"
#include "store/file_piece.h"

namespace bygone {

namespace {
constexpr int64_t kWaitNs = 50'000'000;
// While records keep coming the drain looks for them at intervals and nobody has to wake it: that would cost
// the recorder a system call for every event. After so many looks in vain it wants to be woken.
constexpr int64_t kNapNs = 2'000'000;
constexpr int kNaps = 10;
}  // namespace

RecordingDrain::RecordingDrain(std::string name, WriterLock lock, std::unique_ptr<Catalog> catalog,
                               std::unique_ptr<Ingest> ingest, RingConsumer ring)
    : name_(std::move(name)),
      lock_(std::move(lock)),
      catalog_(std::move(catalog)),
      ingest_(std::move(ingest)),
      ring_(std::move(ring)) {}

Expected<void> RecordingDrain::run(const std::atomic<bool>& producer_gone, const std::atomic<bool>& stop) {
  int naps = 0;
  while (!stop) {
    // Read before the ring is: what a recorder wrote before it went is in the ring then.
    const bool gone = producer_gone;
    BYGONE_ASSIGN(const auto record, ring_.next());
    if (record) {
      naps = 0;
      BYGONE_ASSIGN(const Progress progress, take(*record));
      if (progress == Progress::ended) return {};
      BYGONE_TRY(release_committed());
      continue;
    }
    if (gone) return close();
    BYGONE_TRY(ingest_->tick());
    BYGONE_TRY(release_committed());
    if (naps++ < kNaps)
      ring_.nap(kNapNs);
    else
      ring_.wait_for_records(kWaitNs);
  }
  return {};
}

Expected<RecordingDrain::Progress> RecordingDrain::take(const RingRecord& record) {
  // The service before us died between its commit and the release of this record.
  if (record.sequence <= ingest_->counts().committed_position) return Progress::goes_on;
  ingest_->set_position(record.sequence);
  switch (record.kind) {
    case RingRecordKind::row:
      BYGONE_TRY(ingest_->append(RecordType{record.type}, record.row, record.payload));
      return Progress::goes_on;
    case RingRecordKind::payload_piece:
      BYGONE_TRY(ingest_->append_piece(record.payload));
      return Progress::goes_on;
    case RingRecordKind::file_piece:
      BYGONE_TRY(take_piece(record));
      return Progress::goes_on;
    case RingRecordKind::file_end:
      BYGONE_TRY(take_file_end(record));
      return Progress::goes_on;
    case RingRecordKind::commit:
      BYGONE_TRY(ingest_->commit());
      return Progress::goes_on;
    case RingRecordKind::end:
      BYGONE_TRY(close());
      return Progress::ended;
  }
  return fail(ErrorKind::bad_data, name_,
              fmt::format("a ring record is of unknown kind {}", int(record.kind)),
              "recorder and service must be of one build");
}

Expected<void> RecordingDrain::take_piece(const RingRecord& record) {
  BYGONE_ASSIGN(const FilePiece piece, FilePiece::decode(record.row));
  if (!catalog_->has_incoming()) BYGONE_TRY(catalog_->begin_content(name_, piece.content, piece.size_bytes));
  return catalog_->add_piece(piece.offset_bytes, record.payload);
}

Expected<void> RecordingDrain::take_file_end(const RingRecord& record) {
  BYGONE_ASSIGN(Content content, decode_row<Content>(record.row));
  if (!catalog_->has_incoming())
    BYGONE_TRY(catalog_->begin_content(name_, int64_t(content.id.value), content.size_bytes));
  const FileIdentity identity{content.device, content.inode, content.size_bytes, content.mtime_ns,
                              content.ctime_ns};
  BYGONE_ASSIGN(content.sha256, catalog_->finish_content(record.type == 1 ? &identity : nullptr));
  std::vector<std::byte> row;
  encode_row(content, row);
  return ingest_->append(RecordType::content, row, {});
}

Expected<void> RecordingDrain::release_committed() {
  if (ring_.unreleased_bytes() > ring_.capacity_bytes() / 4) BYGONE_TRY(ingest_->commit());
  const IngestCounts& counts = ingest_->counts();
  if (ring_.unreleased_bytes() > 0 && counts.committed_position >= ring_.sequence()) {
    ring_.header().payload_bytes.store(counts.payload_bytes, std::memory_order_relaxed);
    ring_.header().stored_bytes.store(counts.stored_payload_bytes, std::memory_order_relaxed);
    ring_.release(counts.committed_event.value);
  }
  return {};
}

Expected<void> RecordingDrain::close() {
  BYGONE_TRY(ingest_->close());
  lock_.release();
  ring_.release(ingest_->counts().committed_event.value);
  // Whoever was recording may do with the store what it likes from now on: nothing of it is held open.
  catalog_.reset();
  ring_.mark_closed();
  return {};
}

}  // namespace bygone
