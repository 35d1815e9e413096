#include "replayer/index.h"

#include <set>

#include "replayer/replay_session.h"

namespace bygone {

namespace {

using Clock = std::chrono::steady_clock;

ReplayOptions quiet_options(const std::function<void(EventNumber)>& progress) {
  ReplayOptions options;
  options.output = ReplayOutput::discarded;
  options.progress = progress;
  return options;
}

}  // namespace

Expected<IndexOutcome> index_recording(RecordingReader& recording, RecordSink& sink,
                                       const IndexOptions& options) {
  IndexOutcome outcome;
  SnapshotReader snapshots(recording);
  std::set<EventNumber> there;
  BYGONE_ASSIGN(const auto known, snapshots.list());
  for (const Snapshot& snapshot : known) there.insert(snapshot.event);
  BYGONE_ASSIGN(const PageId next, snapshots.next_page());
  SnapshotWriter writer(sink, next);
  const ReplayOptions replay_options = quiet_options(options.progress);
  BYGONE_ASSIGN(const auto session, ReplaySession::create(recording, replay_options));
  BYGONE_TRY(session->begin(EventNumber{}));
  auto since = Clock::now();
  BYGONE_TRY(session->run_to(recording.last_event(), [&]() -> Expected<bool> {
    if (there.contains(session->position())) since = Clock::now();
    if (Clock::now() - since < options.interval || !session->can_be_kept()) return true;
    BYGONE_ASSIGN(const Snapshot snapshot, session->keep(writer));
    ++outcome.snapshots;
    outcome.new_pages += snapshot.new_pages;
    since = Clock::now();
    return true;
  }));
  return outcome;
}

Expected<SnapshotProof> prove_snapshots(RecordingReader& recording,
                                        const std::function<void(EventNumber)>& progress) {
  SnapshotProof proof;
  SnapshotReader snapshots(recording);
  BYGONE_ASSIGN(const auto all, snapshots.list());
  ReplayOptions options = quiet_options(progress);
  EventNumber from{};
  for (size_t i = 0; i <= all.size(); ++i) {
    const bool has_next = i < all.size();
    if (has_next && all[i].event == recording.first_event() && recording.begins_with_snapshot()) {
      from = all[i].event;
      continue;
    }
    BYGONE_ASSIGN(const auto session, ReplaySession::create(recording, options));
    BYGONE_TRY(session->begin(from));
    BYGONE_TRY(session->run_to(has_next ? all[i].event : recording.last_event()));
    if (!has_next) break;
    BYGONE_ASSIGN(const SnapshotState state, snapshots.state_at(all[i].event));
    BYGONE_TRY(session->compare(state));
    ++proof.snapshots;
    proof.pages += all[i].pages;
    from = all[i].event;
  }
  return proof;
}

}  // namespace bygone
