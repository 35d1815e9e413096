#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bygone {

// A function as the unwinding tables tell it, in the addresses the file was linked for; `end` is exclusive.
struct FunctionRange {
  uint64_t start = 0;
  uint64_t end = 0;
};

// Reads an .eh_frame section that was linked for `address` (Linux Standard Base, Exception Frames). Sorted by
// start; what cannot be read is left out.
std::vector<FunctionRange> read_function_ranges(std::span<const std::byte> eh_frame, uint64_t address);

}  // namespace bygone
