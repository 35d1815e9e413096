#pragma once

// What the files ingest*.cc share; nobody else includes it.

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/blob_writer.h"
#include "store/database.h"
#include "store/frame_chunk.h"
#include "store/ingest.h"
#include "store/mapping_checkpoint.h"
#include "store/outcome.h"
#include "store/row_store.h"
#include "store/shared_payloads.h"
#include "store/unfinished_event.h"
#include "store/window_keeper.h"

namespace bygone {

struct Ingest::Impl {
  Impl(std::unique_ptr<SQLite::Database> db, IngestOptions given);

  void begin();
  Expected<void> store_piece(std::span<const std::byte> piece, std::optional<SharedPayloads::Extent> share_as,
                             SourceState& source);
  uint64_t payload_limit() const;
  uint64_t raw_bytes() const { return blobs.raw_bytes() + (shared ? shared->raw_bytes() : 0); }
  bool positions_pending() const;
  void load();
  Expected<void> commit_now();
  void roll_back() noexcept;
  void shrink();
  Expected<void> take(AnyRow row, std::span<const std::byte> payload, SourceState& source);
  Expected<void> take_frame(const Frame& frame, std::span<const std::byte> payload, SourceState& source);
  Expected<void> put(const AnyRow& row, const std::optional<BlobPosition>& payload);
  Expected<void> put_header(std::string key, std::string value);
  void see_header(const HeaderEntry& entry);
  Expected<void> prune();
  template <class Action>
  Expected<void> attempt(Action&& action);

  std::unique_ptr<SQLite::Database> database;
  IngestOptions options;
  std::string object;
  RowStore rows;
  BlobWriter blobs;
  std::optional<SharedPayloads> shared;
  FrameChunkWriter chunks;
  MappingCheckpoints checkpoints;
  UnfinishedEvent unfinished;
  OutcomeTracker outcome;
  std::vector<SourceState> sources = std::vector<SourceState>(1);
  std::vector<uint64_t> committed_positions = std::vector<uint64_t>(1);
  EventNumber last;
  bool in_transaction = false;
  bool outcome_given = false;
  bool amends = false;  // the recording was over before
  WindowKeeper window;
  uint64_t pending_frames = 0;
  uint64_t committed_payload_bytes = 0;
  int64_t last_commit_ns = 0;
  IngestCounts counts;
  std::optional<Error> failed;
};

// The one way in: after a failure everything since the last commit is gone and nothing more is accepted.
template <class Action>
Expected<void> Ingest::Impl::attempt(Action&& action) {
  if (failed) return tl::unexpected(*failed);
  auto result = guarded(object, std::forward<Action>(action));
  if (!result) {
    roll_back();
    failed = result.error();
  }
  return result;
}

}  // namespace bygone
