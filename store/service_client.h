#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "store/message.h"
#include "store/recording_drain.h"
#include "store/service.h"

namespace bygone {

// One connection to the service: most often a recorder's, with its ring and the thread that drains it.
class ServiceClient {
 public:
  ServiceClient(Connection connection, std::filesystem::path store, LiveRecordings& live, WorkPool& pool,
                std::function<ServiceStatus()> status);
  ~ServiceClient();  // stops and waits
  ServiceClient(const ServiceClient&) = delete;
  ServiceClient& operator=(const ServiceClient&) = delete;

  // The connection is gone and all it sent is on disk.
  bool is_done() const { return done_; }
  bool has_recording() const { return has_recording_; }
  void add_to(ServiceStatus& status);

 private:
  void run();
  Expected<void> answer(Connection::Received received);
  Expected<void> begin(const Message& message, int ring);
  // With live_.begin held.
  Expected<void> create_claimed(const std::string& name, const std::string& program, RingConsumer ring);
  Expected<void> create(const Message& message, RingConsumer ring);
  Expected<void> resume(const Message& message, RingConsumer ring);
  Expected<void> join(const Message& message, RingConsumer ring);
  Expected<void> amend(const Message& message, RingConsumer ring);
  Expected<void> start(std::shared_ptr<SharedRecording> recording, SourceId source, RingConsumer ring);
  Expected<void> answer_is_known(const Message& message);
  void drain();

  Connection connection_;
  std::filesystem::path store_;
  LiveRecordings& live_;
  WorkPool& pool_;
  std::function<ServiceStatus()> status_;
  std::unique_ptr<Catalog> catalog_;            // for questions; the drain has its own
  std::shared_ptr<SharedRecording> recording_;  // once it is begun
  std::unique_ptr<RecordingDrain> drain_;
  std::string name_;
  Durability durability_ = Durability::survives_processes;
  std::mutex status_mutex_;
  std::atomic<bool> has_recording_ = false;
  std::atomic<bool> producer_gone_ = false;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> drained_ = false;
  std::atomic<bool> done_ = false;
  std::thread drain_thread_;
  std::thread thread_;
};

}  // namespace bygone
