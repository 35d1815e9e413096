#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "store/ingest.h"
#include "store/liveness.h"

namespace bygone {

// A recording in progress in this service, fed by one ring or several: the drain of each takes the lock for
// every record it appends.
class SharedRecording {
 public:
  // All sources of `ingest` but the ended ones are awaited for a while: after the death of a service their
  // recorders come back, each when it notices.
  SharedRecording(std::string name, WriterLock lock, std::unique_ptr<Ingest> ingest);

  const std::string& name() const { return name_; }

  // A source that is awaited is here. False for one that never was, has ended or is here already.
  bool attach(SourceId source);
  // Another recorder joins in.
  Expected<SourceId> add_source();

  // Holds the recording for the length of some appends.
  std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }
  Ingest& ingest() { return *ingest_; }
  // Closed, or given up.
  bool is_over() {
    const auto held = lock();
    return failed_.has_value();
  }
  // Why no source may go on.
  const std::optional<Error>& failure() const { return failed_; }
  // Lets go of `held` until another source has appended something, for a short while at most.
  void wait_for_others(std::unique_lock<std::mutex>& held);
  void tell_others() { advanced_.notify_all(); }
  // Could another source still send what is missing?
  bool others_may_come(SourceId source);

  // The source sends no more. The last one closes the recording.
  Expected<void> finish(SourceId source, std::unique_lock<std::mutex>& held);
  // The recording takes no more from anybody; what was committed is closed as far as that is possible.
  void give_up(SourceId source, const Error& error);

 private:
  std::string name_;
  std::mutex mutex_;
  std::condition_variable advanced_;
  WriterLock writer_lock_;
  std::unique_ptr<Ingest> ingest_;
  std::set<SourceId> live_;
  std::set<SourceId> awaited_;
  std::chrono::steady_clock::time_point awaited_until_;
  std::optional<Error> failed_;
};

// The recordings in progress in this service, by name.
class LiveRecordings {
 public:
  // To be held while a recording is looked up and, where it is missing, begun.
  std::mutex begin;

  std::shared_ptr<SharedRecording> find(const std::string& name) {
    const auto it = recordings_.find(name);
    return it == recordings_.end() ? nullptr : it->second.lock();
  }
  void add(const std::shared_ptr<SharedRecording>& recording) {
    std::erase_if(recordings_, [](const auto& r) { return r.second.expired(); });
    recordings_[recording->name()] = recording;
  }

 private:
  std::map<std::string, std::weak_ptr<SharedRecording>> recordings_;
};

}  // namespace bygone
