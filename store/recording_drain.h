#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "schema/error.h"
#include "store/catalog.h"
#include "store/ring.h"
#include "store/shared_recording.h"

namespace bygone {

// Takes one recorder's records out of its ring and into the recording and the catalog. What is committed is
// released at once; nothing else ever is, so that a service that takes over finds the rest in the ring.
class RecordingDrain {
 public:
  RecordingDrain(std::shared_ptr<SharedRecording> recording, SourceId source,
                 std::unique_ptr<Catalog> catalog, RingConsumer ring);

  // Works until the recorder has ended its part of the recording, `producer_gone` is set and the ring empty,
  // or `stop` is set; in the first two cases the recording is closed if nobody else feeds it. After an error
  // the ring is not read any more.
  Expected<void> run(const std::atomic<bool>& producer_gone, const std::atomic<bool>& stop);
  // To be called after an error of run().
  void give_up(const Error& error) { recording_->give_up(source_, error); }

  const std::string& name() const { return recording_->name(); }
  RingConsumer& ring() { return ring_; }

 private:
  enum class Progress { goes_on, ended };
  Expected<Progress> take(const RingRecord& record, const std::atomic<bool>& stop);
  Expected<void> append(const RingRecord& record);
  Expected<void> take_file_piece(const RingRecord& record);
  Expected<void> take_file_end(const RingRecord& record);
  Expected<void> store_pieces();
  Expected<void> release_committed();
  Expected<void> finish();

  std::shared_ptr<SharedRecording> recording_;
  SourceId source_;
  std::unique_ptr<Catalog> catalog_;
  RingConsumer ring_;
  // The sequence of the newest file piece that the catalog has taken but not stored; 0 for none.
  uint64_t piece_ = 0;
};

}  // namespace bygone
