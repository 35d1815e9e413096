#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "schema/memory_range.h"

namespace bygone {

// bygone's own two pages, at the same place in every tracee, recorded and replayed. Above every place the
// kernel puts non-PIE programs by default, below the addresses sanitizers reserve for their shadows.
inline constexpr Address kCodePage{0x70000000};
inline constexpr Address kDataPage{0x70001000};
inline constexpr MemoryRange kOwnPages{kCodePage, Address{0x70002000}};

// What of `range` is not bygone's: calls of the program over a range that holds our pages act on these parts.
std::vector<MemoryRange> beside_own_pages(MemoryRange range);

// The stub program: a static executable that consists of the two pages.
std::span<const std::byte> stub_executable();

// What belongs on the code page.
std::span<const std::byte> stub_code();

// Where on the code page its system call instruction is.
Address stub_call();

}  // namespace bygone
