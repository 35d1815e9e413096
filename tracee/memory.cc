#include "tracee/memory.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>

namespace bygone {

TraceeMemory::~TraceeMemory() {
  if (fd_ >= 0) close(fd_);
}

void TraceeMemory::follow(pid_t tid) {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  tid_ = tid;
}

int TraceeMemory::file() {
  if (fd_ >= 0) return fd_;
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/mem", tid_);
  return fd_ = open(path, O_RDWR | O_CLOEXEC);
}

bool TraceeMemory::read(Address from, std::span<std::byte> out) {
  if (out.empty()) return true;
  iovec local{out.data(), out.size()};
  iovec remote{reinterpret_cast<void*>(from.value), out.size()};
  if (process_vm_readv(tid_, &local, 1, &remote, 1, 0) == ssize_t(out.size())) return true;
  // Refused for processes that made themselves undumpable, and for pages without read permission; the file is
  // not.
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = pread64(file(), out.data() + done, out.size() - done, off64_t(from.value + done));
    if (n <= 0) return false;
    done += size_t(n);
  }
  return true;
}

bool TraceeMemory::write(Address to, std::span<const std::byte> bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = pwrite64(file(), bytes.data() + done, bytes.size() - done, off64_t(to.value + done));
    if (n <= 0) return false;
    done += size_t(n);
  }
  return true;
}

}  // namespace bygone
