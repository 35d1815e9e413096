#pragma once

#include <filesystem>
#include <optional>

namespace bygone {

// Held by the one service of a store. The kernel drops it with the process; the file is removed where the
// process has the time to.
class ServiceLock {
 public:
  // Waits a moment for a service that is just leaving; nullopt where another one stays.
  static std::optional<ServiceLock> take(const std::filesystem::path& store);
  ~ServiceLock();
  ServiceLock(ServiceLock&& other) noexcept;
  ServiceLock& operator=(ServiceLock&&) = delete;

 private:
  ServiceLock(int fd, std::filesystem::path file) : fd_(fd), file_(std::move(file)) {}
  int fd_;
  std::filesystem::path file_;
};

}  // namespace bygone
