#include "store/recording_drain.h"

#include <fmt/core.h>

#include <utility>

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

RecordingDrain::RecordingDrain(std::shared_ptr<SharedRecording> recording, SourceId source,
                               std::unique_ptr<Catalog> catalog, RingConsumer ring)
    : recording_(std::move(recording)),
      source_(source),
      catalog_(std::move(catalog)),
      ring_(std::move(ring)) {}

Expected<void> RecordingDrain::run(const std::atomic<bool>& producer_gone, const std::atomic<bool>& stop) {
  int naps = 0;
  while (!stop) {
    // Read before the ring is: what a recorder wrote before it went is in the ring then.
    const bool gone = producer_gone;
    BYGONE_ASSIGN(const auto record, ring_.next());
    if (record) {
      naps = 0;
      BYGONE_ASSIGN(const Progress progress, take(*record, stop));
      if (progress == Progress::ended) return {};
      continue;
    }
    if (gone) return finish();
    {
      const auto held = recording_->lock();
      if (recording_->failure()) return tl::unexpected(*recording_->failure());
      BYGONE_TRY(recording_->ingest().tick());
      BYGONE_TRY(release_committed());
    }
    if (naps++ < kNaps)
      ring_.nap(kNapNs);
    else
      ring_.wait_for_records(kWaitNs);
  }
  return {};
}

Expected<RecordingDrain::Progress> RecordingDrain::take(const RingRecord& record,
                                                        const std::atomic<bool>& stop) {
  if (record.kind == RingRecordKind::end) {
    BYGONE_TRY(finish());
    return Progress::ended;
  }
  auto held = recording_->lock();
  if (recording_->failure()) return tl::unexpected(*recording_->failure());
  Ingest& ingest = recording_->ingest();
  // The service before us died between its commit and the release of this record.
  if (record.sequence <= ingest.committed_position(source_)) return Progress::goes_on;
  const bool is_row = record.kind == RingRecordKind::row;
  while (is_row || record.kind == RingRecordKind::payload_piece) {
    const RecordType type = is_row ? RecordType{record.type} : RecordType::memory_write;
    if (!ingest.must_wait(type, record.row, record.payload, source_)) break;
    if (!recording_->others_may_come(source_)) {
      BYGONE_TRY(ingest.commit());  // all before is sound; append() says what is missing
      break;
    }
    recording_->wait_for_others(held);
    if (recording_->failure()) return tl::unexpected(*recording_->failure());
    if (stop) return Progress::goes_on;
  }
  if (record.kind == RingRecordKind::file_piece || record.kind == RingRecordKind::file_end) {
    held.unlock();  // that takes long
    BYGONE_TRY(record.kind == RingRecordKind::file_piece ? take_file_piece(record) : take_file_end(record));
    held.lock();
  } else {
    ingest.set_position(record.sequence, source_);
    BYGONE_TRY(append(record));
    if (is_row && ingest.source_count() > 1) recording_->tell_others();
  }
  BYGONE_TRY(release_committed());
  return Progress::goes_on;
}

Expected<void> RecordingDrain::append(const RingRecord& record) {
  Ingest& ingest = recording_->ingest();
  switch (record.kind) {
    case RingRecordKind::row:
      return ingest.append(RecordType{record.type}, record.row, record.payload, source_);
    case RingRecordKind::payload_piece:
      return ingest.append_piece(record.payload, source_);
    case RingRecordKind::commit:
      return ingest.commit();
    default:
      return fail(ErrorKind::bad_data, name(),
                  fmt::format("a ring record is of unknown kind {}", int(record.kind)),
                  "recorder and service must be of one build");
  }
}

Expected<void> RecordingDrain::take_file_piece(const RingRecord& record) {
  BYGONE_ASSIGN(const FilePiece piece, FilePiece::decode(record.row));
  if (!catalog_->has_incoming()) BYGONE_TRY(catalog_->begin_content(name(), piece.content, piece.size_bytes));
  BYGONE_ASSIGN(const auto earlier, catalog_->add_piece(piece.offset_bytes, record.payload));
  // Whoever takes over must get the pieces again until they are stored.
  const uint64_t before = std::exchange(piece_, record.sequence);
  if (before == 0 || earlier == Catalog::EarlierPieces::may_wait) return {};
  const auto held = recording_->lock();
  recording_->ingest().set_position(before, source_);
  return {};
}

Expected<void> RecordingDrain::store_pieces() {
  if (piece_ == 0) return {};
  BYGONE_TRY(catalog_->store_pieces());
  recording_->ingest().set_position(std::exchange(piece_, 0), source_);
  return {};
}

Expected<void> RecordingDrain::take_file_end(const RingRecord& record) {
  BYGONE_ASSIGN(Content content, decode_row<Content>(record.row));
  if (!catalog_->has_incoming())
    BYGONE_TRY(catalog_->begin_content(name(), int64_t(content.id.value), content.size_bytes));
  const FileIdentity identity{content.device, content.inode, content.size_bytes, content.mtime_ns,
                              content.ctime_ns};
  BYGONE_ASSIGN(content.sha256, catalog_->finish_content(record.type == 1 ? &identity : nullptr));
  piece_ = 0;
  std::vector<std::byte> row;
  encode_row(content, row);
  const auto held = recording_->lock();
  if (recording_->failure()) return tl::unexpected(*recording_->failure());
  recording_->ingest().set_position(record.sequence, source_);
  return recording_->ingest().append(RecordType::content, row, {}, source_);
}

// With the recording locked.
Expected<void> RecordingDrain::release_committed() {
  if (recording_->failure()) return tl::unexpected(*recording_->failure());
  Ingest& ingest = recording_->ingest();
  if (ring_.unreleased_bytes() > ring_.capacity_bytes() / 4) {
    BYGONE_TRY(store_pieces());
    BYGONE_TRY(ingest.commit());
  }
  if (ring_.unreleased_bytes() == 0 || ingest.committed_position(source_) < ring_.sequence()) return {};
  const IngestCounts& counts = ingest.counts();
  ring_.header().payload_bytes.store(counts.payload_bytes, std::memory_order_relaxed);
  ring_.header().stored_bytes.store(counts.stored_payload_bytes, std::memory_order_relaxed);
  ring_.release(counts.committed_event.value);
  return {};
}

Expected<void> RecordingDrain::finish() {
  {
    auto held = recording_->lock();
    if (recording_->failure()) return tl::unexpected(*recording_->failure());
    BYGONE_TRY(recording_->finish(source_, held));
    ring_.release(recording_->ingest().counts().committed_event.value);
  }
  // Whoever was recording may do with the store what it likes from now on: nothing of it is held open.
  catalog_.reset();
  ring_.mark_closed();
  return {};
}

}  // namespace bygone
