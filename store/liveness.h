#pragma once

#include <filesystem>

#include "schema/error.h"

namespace bygone {

// Says of a recording that somebody is writing it: an open file description lock (fcntl(2), F_OFD_SETLK) on a
// file beside its database. The kernel drops the lock when the writer is gone, however it went. The file also
// keeps some room on the disk, so that a recording can be closed when there is none left.
class WriterLock {
 public:
  static Expected<WriterLock> take(const std::filesystem::path& database);
  ~WriterLock();
  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&&) = delete;

  // Removes the file too; to be called when the recording is closed for good.
  void release();

 private:
  WriterLock(int fd, std::filesystem::path file) : fd_(fd), file_(std::move(file)) {}
  int fd_;
  std::filesystem::path file_;
};

std::filesystem::path lock_file_of(const std::filesystem::path& database);

// True while a WriterLock on this recording is held by anybody.
bool is_being_written(const std::filesystem::path& database);

// Removes the lock file of a writer that was killed. To be called by nobody but the store's service, which
// gives out the locks.
void remove_stale_lock(const std::filesystem::path& database);

}  // namespace bygone
