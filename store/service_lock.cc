#include "store/service_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <utility>

namespace bygone {

namespace {

constexpr int kTries = 100;
constexpr auto kPause = std::chrono::milliseconds(10);

// Whoever held it before may have removed the file since it was opened: then it locks nobody out.
bool is_still(int fd, const std::filesystem::path& file) {
  struct stat opened {
  }, named{};
  return ::fstat(fd, &opened) == 0 && ::stat(file.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

}  // namespace

std::optional<ServiceLock> ServiceLock::take(const std::filesystem::path& store) {
  const std::filesystem::path file = store / "service.lock";
  for (int i = 0; i < kTries; ++i) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return std::nullopt;
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const bool locked = ::fcntl(fd, F_OFD_SETLK, &lock) == 0;
    if (locked && is_still(fd, file)) return ServiceLock(fd, file);
    ::close(fd);
    if (!locked) std::this_thread::sleep_for(kPause);
  }
  return std::nullopt;
}

ServiceLock::ServiceLock(ServiceLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), file_(std::move(other.file_)) {}

ServiceLock::~ServiceLock() {
  if (fd_ < 0) return;
  ::unlink(file_.c_str());
  ::close(fd_);
}

}  // namespace bygone
