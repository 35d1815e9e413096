#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "schema/error.h"
#include "store/catalog.h"
#include "store/ingest.h"
#include "store/liveness.h"
#include "store/ring.h"

namespace bygone {

// Takes one recorder's records out of its ring and into the recording and the catalog. What is committed is
// released at once; nothing else ever is, so that a service that takes over finds the rest in the ring.
class RecordingDrain {
 public:
  RecordingDrain(std::string name, WriterLock lock, std::unique_ptr<Catalog> catalog,
                 std::unique_ptr<Ingest> ingest, RingConsumer ring);

  // Works until the recorder has ended the recording, `producer_gone` is set and the ring empty, or `stop` is
  // set; in the first two cases the recording is closed. After an error the recording takes no more.
  Expected<void> run(const std::atomic<bool>& producer_gone, const std::atomic<bool>& stop);

  // After an error of run(): closes what was committed, as far as that is possible.
  void give_up(const Error& error);

  const std::string& name() const { return name_; }
  RingConsumer& ring() { return ring_; }
  const IngestCounts& counts() const { return ingest_->counts(); }

 private:
  enum class Progress { goes_on, ended };
  Expected<Progress> take(const RingRecord& record);
  Expected<void> take_piece(const RingRecord& record);
  Expected<void> take_file_end(const RingRecord& record);
  Expected<void> release_committed();
  Expected<void> close();

  std::string name_;
  WriterLock lock_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<Ingest> ingest_;
  RingConsumer ring_;
};

}  // namespace bygone
