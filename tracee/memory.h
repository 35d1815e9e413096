#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>

#include "schema/memory_range.h"
#include "tracee/syscall_interpreter.h"

namespace bygone {

// The memory of one address space, reached through one of the tasks that run in it. Works whatever the pages'
// protection is; what is not mapped can be neither read nor written. After the task has left the address
// space (exec, exit) follow() another one or drop the object.
class TraceeMemory : public MemoryReader {
 public:
  explicit TraceeMemory(pid_t tid) : tid_(tid) {}
  ~TraceeMemory() override;
  TraceeMemory(const TraceeMemory&) = delete;
  TraceeMemory& operator=(const TraceeMemory&) = delete;

  void follow(pid_t tid);
  // It is reached from now on even if the task hides it (PR_SET_DUMPABLE). False if it cannot be.
  bool hold() { return file() >= 0; }

  // All bytes or false.
  bool read(Address from, std::span<std::byte> out) override;
  bool write(Address to, std::span<const std::byte> bytes);

  template <class T>
  bool read_value(Address from, T& value) {
    return read(from, std::as_writable_bytes(std::span(&value, 1)));
  }
  template <class T>
  bool write_value(Address to, const T& value) {
    return write(to, std::as_bytes(std::span(&value, 1)));
  }

 private:
  int file();  // /proc/TID/mem, opened when first needed; -1 on failure
  pid_t tid_;
  int fd_ = -1;
};

}  // namespace bygone
