#include "store/liveness.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace bygone {

namespace {

constexpr off_t kReserveBytes = 256 << 10;

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

std::filesystem::path lock_file_of(const std::filesystem::path& database) {
  std::filesystem::path file = database;
  return file.replace_extension(".lock");
}

Expected<WriterLock> WriterLock::take(const std::filesystem::path& database) {
  const std::filesystem::path file = lock_file_of(database);
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return fail(ErrorKind::cannot_create, file.string(),
                fmt::format("cannot be created ({})", std::strerror(errno)),
                "check that the store may be written");
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(fd, F_OFD_SETLK, &lock) != 0) {
    ::close(fd);
    return fail(ErrorKind::io, database.string(), "is being written by another process",
                "wait for it to end");
  }
  static_cast<void>(::posix_fallocate(fd, 0, kReserveBytes));  // done without where it cannot be had
  return WriterLock(fd, file);
}

WriterLock::WriterLock(WriterLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), file_(std::move(other.file_)) {}

WriterLock::~WriterLock() {
  if (fd_ >= 0) ::close(fd_);
}

void WriterLock::release() {
  if (fd_ < 0) return;
  ::unlink(file_.c_str());
  static_cast<void>(::ftruncate(fd_, 0));
  ::close(std::exchange(fd_, -1));
}

bool is_being_written(const std::filesystem::path& database) {
  const int fd = ::open(lock_file_of(database).c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  struct flock lock = whole_file(F_WRLCK);
  const bool held = ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(fd);
  return held;
}

void remove_stale_lock(const std::filesystem::path& database) {
  if (!is_being_written(database)) ::unlink(lock_file_of(database).c_str());
}

}  // namespace bygone
