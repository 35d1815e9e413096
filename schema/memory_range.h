#pragma once

#include <algorithm>

#include "schema/ids.h"

namespace bygone {

// [start, end) in a tracee's address space. Empty when start == end.
struct MemoryRange {
  Address start;
  Address end;

  constexpr uint64_t size_bytes() const { return end - start; }
  constexpr bool empty() const { return start >= end; }
  constexpr bool contains(Address a) const { return a >= start && a < end; }
  constexpr bool contains(const MemoryRange& r) const { return r.start >= start && r.end <= end; }
  constexpr bool intersects(const MemoryRange& r) const { return r.start < end && start < r.end; }
  // The common part; empty (start == end) where there is none.
  constexpr MemoryRange intersect(const MemoryRange& r) const {
    Address s = std::max(start, r.start);
    return {s, std::max(s, std::min(end, r.end))};
  }
  constexpr bool operator==(const MemoryRange&) const = default;
};

constexpr MemoryRange range_of(Address start, uint64_t size_bytes) {
  return {start, start + size_bytes};
}

}  // namespace bygone
