#pragma once

// The table held against the kernel that runs here: a scene makes real calls on poisoned memory and compares
// every byte that changed with what the interpreter says was written.

#include <cstdint>
#include <cstring>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "tests/support/scratch.h"

namespace bygone {

class Scene {
 public:
  // Everything handed out is filled with `pattern` first. Scenes run twice with different patterns, because a
  // byte that the kernel writes may equal the one that stood there.
  explicit Scene(uint8_t pattern);
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  // Addresses in the watched arena, 16-byte aligned, with poison between them.
  uint64_t buffer(size_t size_bytes);
  uint64_t text(const char* value) { return bytes(value, std::strlen(value) + 1); }
  template <class T>
  uint64_t put(const T& value) {
    return bytes(&value, sizeof value);
  }
  template <class T>
  T get(uint64_t address) const {
    T value;
    std::memcpy(&value, reinterpret_cast<const void*>(address), sizeof value);
    return value;
  }
  // A path in the scene's own directory.
  std::string path(const char* name) const { return directory_ / name; }
  uint64_t path_text(const char* name) { return text(path(name).c_str()); }

  // Makes the call and compares. Returns what the kernel does: a result or -errno.
  template <class... Arguments>
  int64_t call(long number, Arguments... arguments) {
    return run(number, {uint64_t(arguments)...});
  }
  // The same for a call that has to succeed for the scene to mean anything.
  template <class... Arguments>
  int64_t succeed(long number, Arguments... arguments) {
    return require(number, run(number, {uint64_t(arguments)...}));
  }
  // Makes one call and describes it as another: for showing that the comparison notices.
  template <class... Arguments>
  int64_t call_described_as(long described_as, long number, Arguments... arguments) {
    return run(number, {uint64_t(arguments)...}, described_as);
  }
  // For rows that are known to take much more than is written.
  void allow_predicted_bytes(size_t bytes) { slack_bytes_ = bytes; }

  const std::set<long>& calls_made() const { return calls_made_; }
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  uint64_t bytes(const void* data, size_t size_bytes);
  int64_t run(long number, std::vector<uint64_t> arguments, long described_as = -1);
  int64_t require(long number, int64_t result);

  std::span<uint8_t> arena_;
  size_t used_ = 0;
  size_t slack_bytes_ = 4096;
  test::ScratchFolder directory_;
  std::set<long> calls_made_;
  std::vector<std::string> complaints_;
};

struct NamedScene {
  const char* name;
  std::function<void(Scene&)> play;
};

std::vector<NamedScene> device_scenes();
std::vector<NamedScene> file_scenes();
std::vector<NamedScene> ipc_scenes();
std::vector<NamedScene> process_scenes();
std::vector<NamedScene> socket_scenes();
std::vector<NamedScene> time_scenes();

}  // namespace bygone
