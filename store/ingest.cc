#include "store/ingest.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "store/ingest_impl.h"

namespace bygone {

namespace {

// A commit is due when this much is pending, whatever the time.
constexpr uint64_t kPendingFrames = 1 << 17;
constexpr uint64_t kPendingPayloadBytes = 64 << 20;
// An event of more rows than this is not believed.
constexpr size_t kMostRowsPerEvent = 1 << 20;

}  // namespace

uint64_t Ingest::Impl::payload_limit() const {
  const uint64_t limit = window.pending_limit_bytes();
  return limit == 0 ? kPendingPayloadBytes : std::min(limit, kPendingPayloadBytes);
}

void Ingest::Impl::begin() {
  if (in_transaction) return;
  database->exec("BEGIN IMMEDIATE");
  in_transaction = true;
}

// Appends to the pieces of the source. Where the first piece of a payload goes the others follow.
Expected<void> Ingest::Impl::store_piece(std::span<const std::byte> piece,
                                         std::optional<SharedPayloads::Extent> share_as,
                                         SourceState& source) {
  auto& pieces = source.pieces;
  if (piece.empty()) return {};
  const bool is_shared =
      pieces ? pieces->blob < 0 : shared && share_as && piece.size() >= kSmallestSharedBytes;
  std::optional<BlobPosition> at;
  if (is_shared) {
    if (!shared) return fail(ErrorKind::internal, object, "goes on without its catalog");
    BYGONE_ASSIGN(at, shared->append(piece, pieces ? SharedPayloads::Extent::piece : *share_as));
  } else {
    at = blobs.append(piece);
  }
  if (pieces)
    pieces->size_bytes += at->size_bytes;
  else
    pieces = at;
  return {};
}

bool Ingest::Impl::positions_pending() const {
  for (size_t i = 0; i < sources.size(); ++i)
    if (sources[i].position != committed_positions[i]) return true;
  return false;
}

Expected<void> Ingest::Impl::commit_now() {
  last_commit_ns = options.clock_ns();
  if (!in_transaction && !positions_pending()) return {};
  begin();
  if (shared) BYGONE_TRY(shared->flush());
  blobs.flush();
  chunks.flush();
  for (size_t i = 0; i < sources.size(); ++i)
    if (i == 0 || !sources[i].ended || sources[i].position != committed_positions[i])
      unfinished.save(i, sources[i]);
  database->exec("COMMIT");
  in_transaction = false;
  pending_frames = 0;
  committed_payload_bytes = raw_bytes();
  counts.committed_event = last;
  for (size_t i = 0; i < sources.size(); ++i) committed_positions[i] = sources[i].position;
  counts.committed_position = committed_positions[0];
  counts.payload_bytes = raw_bytes();
  counts.stored_payload_bytes = blobs.stored_bytes() + (shared ? shared->stored_bytes() : 0);
  ++counts.commits;
  return prune();
}

void Ingest::Impl::roll_back() noexcept {
  if (!in_transaction) return;
  database->tryExec("ROLLBACK");
  in_transaction = false;
}

Expected<void> Ingest::Impl::put(const AnyRow& row, const std::optional<BlobPosition>& payload) {
  outcome.see(row);
  checkpoints.see(row);
  if (const auto* entry = std::get_if<HeaderEntry>(&row)) see_header(*entry);
  if (const auto* snapshot = std::get_if<Snapshot>(&row)) window.see(*snapshot);
  if (const auto* content = std::get_if<Content>(&row)) window.see(*content);
  return rows.put(row, payload);
}

// A bounded recording drops bytes as it goes, which it cannot while others have a share in them.
void Ingest::Impl::see_header(const HeaderEntry& entry) {
  window.see(entry);
  if (window.any()) shared.reset();
}

Expected<void> Ingest::Impl::prune() {
  if (amends || !window.is_due()) return {};
  begin();
  BYGONE_ASSIGN(auto contents, window.prune());
  database->exec("COMMIT");
  in_transaction = false;
  return window.forget_contents(std::move(contents));
}

Expected<void> Ingest::Impl::put_header(std::string key, std::string value) {
  return rows.put_row(HeaderEntry{std::move(key), std::move(value)}, std::nullopt);
}

Expected<void> Ingest::Impl::take(AnyRow row, std::span<const std::byte> payload, SourceState& source) {
  begin();
  if (const auto* frame = std::get_if<Frame>(&row)) return take_frame(*frame, payload, source);
  if (const auto* entry = std::get_if<HeaderEntry>(&row); entry != nullptr && entry->key == "outcome")
    outcome_given = true;
  const bool may_have_payload =
      std::visit([]<class Row>(const Row&) { return RowFields<Row>::payload == PayloadKind::bytes; }, row);
  if ((!payload.empty() || source.pieces) && !may_have_payload)
    return fail(ErrorKind::bad_data, object, "a record has a payload where none belongs");
  const bool shares = std::visit([]<class Row>(const Row&) { return shares_payloads<Row>(); }, row);
  BYGONE_TRY(
      store_piece(payload, shares ? std::optional(SharedPayloads::Extent::whole) : std::nullopt, source));
  const auto payload_position = std::exchange(source.pieces, std::nullopt);
  const auto event = event_of(row);
  if (!event || *event <= last) return put(row, payload_position);
  // Where there are several sources the frame shows it.
  if (*event != kNoEvent && event->value != last.value + 1 && sources.size() == 1)
    return fail(ErrorKind::bad_data, object,
                fmt::format("a record of event {} came after event {}", event->value, last.value));
  if (source.waiting.size() >= kMostRowsPerEvent)
    return fail(ErrorKind::bad_data, object, fmt::format("event {} has too many rows", last.value + 1));
  source.waiting.push_back({std::move(row), payload_position});
  return {};
}

Expected<void> Ingest::Impl::take_frame(const Frame& frame, std::span<const std::byte> payload,
                                        SourceState& source) {
  if (amends) return fail(ErrorKind::bad_data, object, "is over and takes no more events");
  if (frame.event.value != last.value + 1)
    return fail(ErrorKind::bad_data, object,
                fmt::format("the frame of event {} came after event {}", frame.event.value, last.value));
  std::optional<Registers> registers;
  if (!payload.empty()) {
    if (payload.size() != sizeof(Registers))
      return fail(ErrorKind::bad_data, object,
                  fmt::format("the registers of event {} are of impossible size", frame.event.value));
    std::memcpy(registers.emplace().values.data(), payload.data(), payload.size());
  }
  for (const WaitingRow& row : source.waiting) {
    if (const auto event = event_of(row.row); event && *event != kNoEvent && *event > frame.event)
      return fail(ErrorKind::bad_data, object,
                  fmt::format("a record of event {} came before the frame of event {}", event->value,
                              frame.event.value));
    BYGONE_TRY(put(row.row, row.payload));
  }
  source.waiting.clear();
  BYGONE_TRY(rows.put_row(frame, std::nullopt));
  chunks.append(frame, std::move(registers));
  last = frame.event;
  checkpoints.write_due(last);
  ++pending_frames;
  if (pending_frames >= kPendingFrames || raw_bytes() - committed_payload_bytes >= payload_limit() ||
      options.clock_ns() - last_commit_ns >= options.commit_interval_ns)
    return commit_now();
  return {};
}

Expected<void> Ingest::append(RecordType type, std::span<const std::byte> row,
                              std::span<const std::byte> payload, SourceId source) {
  return impl_->attempt([&]() -> Expected<void> {
    BYGONE_ASSIGN(AnyRow any, decode_any_row(type, row));
    return impl_->take(std::move(any), payload, impl_->sources.at(source));
  });
}

bool Ingest::must_wait(RecordType type, std::span<const std::byte> row, std::span<const std::byte> payload,
                       SourceId source) const {
  const auto& sources = impl_->sources;
  if (sources.size() == 1) return false;
  if (type == RecordType::frame) {
    const auto frame = decode_row<Frame>(row);
    return frame && frame->event.value > impl_->last.value + 1;
  }
  if (payload.empty()) return false;
  for (size_t i = 0; i < sources.size(); ++i)
    if (i != source && sources[i].pieces) return true;
  return false;
}

Expected<SourceId> Ingest::add_source() {
  if (impl_->sources.size() >= kMostSources)
    return fail(ErrorKind::usage, impl_->object, "has as many recorders as it can have", "end some");
  impl_->sources.emplace_back();
  impl_->committed_positions.push_back(~uint64_t{0});  // the row that says it exists is to be written
  BYGONE_TRY(commit());
  return SourceId(impl_->sources.size() - 1);
}

void Ingest::end_source(SourceId source) {
  SourceState& state = impl_->sources.at(source);
  state.waiting.clear();
  state.pieces.reset();
  state.ended = true;
  impl_->committed_positions[source] = ~uint64_t{0};
}

size_t Ingest::source_count() const {
  return impl_->sources.size();
}
bool Ingest::has_ended(SourceId source) const {
  return impl_->sources.at(source).ended;
}
uint64_t Ingest::committed_position(SourceId source) const {
  return impl_->committed_positions.at(source);
}
const std::optional<Error>& Ingest::failure() const {
  return impl_->failed;
}

Expected<void> Ingest::append_piece(std::span<const std::byte> piece, SourceId source) {
  return impl_->attempt([&] {
    impl_->begin();
    return impl_->store_piece(piece, SharedPayloads::Extent::piece, impl_->sources.at(source));
  });
}

void Ingest::set_position(uint64_t position, SourceId source) {
  impl_->sources.at(source).position = position;
}

void Ingest::expect_content(std::string sha256) {
  impl_->window.expect_content(std::move(sha256));
}

Expected<void> Ingest::commit() {
  return impl_->attempt([&] { return impl_->commit_now(); });
}

Expected<void> Ingest::tick() {
  const bool pending = impl_->in_transaction || impl_->positions_pending();
  if (!pending || impl_->options.clock_ns() - impl_->last_commit_ns < impl_->options.commit_interval_ns)
    return {};
  return commit();
}

const IngestCounts& Ingest::counts() const {
  return impl_->counts;
}
EventNumber Ingest::last_event() const {
  return impl_->last;
}

}  // namespace bygone
