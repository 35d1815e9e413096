#include "store/service.h"

#include <fmt/core.h>
#include <sched.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <list>
#include <mutex>

#include "store/abandoned.h"
#include "store/message.h"
#include "store/service_client.h"
#include "store/service_lock.h"

namespace bygone {

namespace {

constexpr int kPollMs = 50;
constexpr size_t kNumbersPerRecording = 9;

volatile std::sig_atomic_t told_to_end = 0;
void note_signal(int) {
  told_to_end = 1;
}

uint64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  uint64_t size = 0, resident = 0;
  in >> size >> resident;
  return resident * uint64_t(::sysconf(_SC_PAGESIZE));
}

// A recorder pins itself to one core and starts us from there.
void use_all_cores() {
  cpu_set_t all;
  std::memset(&all, 0xff, sizeof all);
  ::sched_setaffinity(0, sizeof all, &all);
}

class Service {
 public:
  Service(const ServeOptions& options, Listener listener)
      : options_(options), listener_(std::move(listener)) {}

  void run() {
    auto busy_until = std::chrono::steady_clock::now();
    while (told_to_end == 0) {
      auto connection = listener_.accept(kPollMs);
      const std::lock_guard guard(mutex_);
      if (connection)
        clients_.emplace_back(std::move(*connection), options_.store, live_, pool_,
                              [this] { return status(); });
      clients_.remove_if([](const ServiceClient& client) { return client.is_done(); });
      const auto now = std::chrono::steady_clock::now();
      if (!clients_.empty()) busy_until = now;
      const bool idle =
          options_.idle_ms >= 0 && now - busy_until >= std::chrono::milliseconds(options_.idle_ms);
      if (clients_.empty() && (idle || !listener_.is_reachable())) break;
    }
  }

 private:
  ServiceStatus status() {
    ServiceStatus status{::getpid(), resident_bytes(), {}};
    const std::lock_guard guard(mutex_);
    for (ServiceClient& client : clients_) client.add_to(status);
    return status;
  }

  const ServeOptions& options_;
  Listener listener_;
  WorkPool pool_{WorkPool::useful_threads()};
  LiveRecordings live_;
  std::mutex mutex_;  // guards clients_
  std::list<ServiceClient> clients_;
};

}  // namespace

Expected<void> serve(const ServeOptions& options) {
  use_all_cores();
  ::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // statistics nobody reads, under a lock at every allocation
  struct sigaction action {};
  action.sa_handler = note_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  const auto lock = ServiceLock::take(options.store);
  if (!lock) return {};
  remove_abandoned(options.store);
  BYGONE_ASSIGN(Listener listener, Listener::create(options.store));
  Service(options, std::move(listener)).run();
  if (told_to_end == 0) remove_stale_locks(options.store);
  return {};
}

Expected<ServiceStatus> service_status(const std::filesystem::path& store) {
  BYGONE_ASSIGN(Connection connection, connect_to_service(store));
  BYGONE_TRY(connection.send({MessageType::status, {}, {}}));
  BYGONE_ASSIGN(const auto reply, connection.receive(5000));
  if (!reply) return fail(ErrorKind::io, "trace service", "does not answer", "see service.log in the store");
  const auto& [texts, numbers] = std::tie(reply->message.texts, reply->message.numbers);
  if (reply->message.type != MessageType::status_reply ||
      numbers.size() != 2 + texts.size() * kNumbersPerRecording)
    return tl::unexpected(error_in(reply->message));
  ServiceStatus status{int64_t(numbers[0]), numbers[1], {}};
  for (size_t i = 0; i < texts.size(); ++i) {
    const uint64_t* n = &numbers[2 + i * kNumbersPerRecording];
    status.recordings.push_back({texts[i], n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8]});
  }
  return status;
}

}  // namespace bygone
