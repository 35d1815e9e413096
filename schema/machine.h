#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/ids.h"

namespace bygone {

// One level of a call stack, the innermost first.
struct StackLevel {
  Address pc;
  std::string function;       // demangled; empty where the stored files have no symbol there
  uint64_t offset_bytes = 0;  // into the function
  std::string file;           // the mapped file pc lies in
  std::string source;         // "main.c:12" from its debug information; empty without
};

// The recorded program as it stood at a moment, which takes a replay to see. Moments may be asked for in any
// order; those that follow each other closely cost least. Not thread-safe.
class Machine {
 public:
  virtual ~Machine() = default;

  // Goes to where `event` is over. Fails with not_found for an event the recording does not have.
  virtual Expected<void> seek(EventNumber event) = 0;

  // What follows speaks of the moment sought last, and fails with not_found for a task that does not live
  // then.

  // The bytes from `from` on that are mapped, at most `size_bytes`.
  virtual Expected<std::vector<std::byte>> memory(Tid task, Address from, uint64_t size_bytes) = 0;
  virtual Expected<std::vector<StackLevel>> stack(Tid task) = 0;

  // Of the registers of all tasks and all writable memory: two moments that differ in any differ in this.
  virtual Expected<uint64_t> digest() = 0;

  // Goes on to `last`, and visits every event after which some of the bytes are others than before. The
  // task's address space is meant, whoever writes there. The bytes that are not mapped are left out, at the
  // end.
  using Change = std::function<Expected<bool>(EventNumber event, const std::vector<std::byte>& before,
                                              const std::vector<std::byte>& after)>;
  virtual Expected<void> changes(Tid task, Address from, uint64_t size_bytes, EventNumber last,
                                 const Change& visit) = 0;
};

}  // namespace bygone
