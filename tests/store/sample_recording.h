#pragma once

// A small recording with one row of every kind.

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "schema/codec.h"
#include "store/store.h"
#include "tests/support/scratch.h"

namespace bygone {

#define ASSERT_OK(expression)                                                        \
  do {                                                                               \
    auto&& assert_ok_result = (expression);                                          \
    ASSERT_TRUE(assert_ok_result.has_value()) << assert_ok_result.error().message(); \
  } while (false)

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline std::vector<std::byte> bytes_of(const Registers& registers) {
  const auto bytes = std::as_bytes(std::span(registers.values));
  return {bytes.begin(), bytes.end()};
}

// Bytes that do not compress, different for every seed.
inline std::vector<std::byte> noise(size_t size, uint64_t seed) {
  std::vector<std::byte> bytes(size);
  uint64_t state = seed * 0x9e3779b97f4a7c15 + 1;
  for (std::byte& byte : bytes) {
    state = state * 6364136223846793005 + 1442695040888963407;
    byte = std::byte(state >> 56);
  }
  return bytes;
}

inline Registers registers_for(uint64_t event) {
  Registers registers;
  for (size_t i = 0; i < kRegisterCount; ++i) registers.values[i] = event * 1000 + i;
  registers[Register::rip] = 0x7fff00000000 + event;
  return registers;
}

inline Frame frame_of(uint64_t event, int32_t tid = 100) {
  Frame frame;
  frame.event = EventNumber{event};
  frame.task = Tid{tid};
  frame.kind = FrameKind::syscall;
  frame.call = 0;
  frame.result = int64_t(event);
  frame.time_ns = event * 10;
  return frame;
}

inline Mapping mapping_of(uint64_t id, uint64_t space, uint64_t event, uint64_t start, uint64_t size) {
  Mapping mapping;
  mapping.id = MappingId{id};
  mapping.address_space = AddressSpaceId{space};
  mapping.first_event = EventNumber{event};
  mapping.recorded.range = range_of(Address{start}, size);
  mapping.recorded.prot = {true, true, false, false};
  return mapping;
}

inline Expected<void> append_frame(RecordSink& sink, uint64_t event, int32_t tid = 100) {
  return append_row(sink, frame_of(event, tid), bytes_of(registers_for(event)));
}

inline Expected<void> append_write(RecordSink& sink, uint64_t event, uint32_t ordinal,
                                   std::span<const std::byte> bytes) {
  return append_row(
      sink, MemoryWrite{EventNumber{event}, ordinal, Tid{100}, Address{0x1000 * event}, bytes.size()}, bytes);
}

}  // namespace bygone
