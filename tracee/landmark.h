#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "schema/memory_range.h"
#include "schema/registers.h"
#include "tracee/memory.h"

namespace bygone {

// A landmark is a place inside a computation that is told by its state: all registers, those of x87, SSE and
// AVX too, some words of memory, and a digest of the rest. The recorder picks it, a replay finds the first
// moment in that state by a check planted at the place: a jump to code of ours that compares registers and
// words and, as long as they differ, goes on with the program. That costs nanoseconds a visit where a
// breakpoint costs two ptrace stops.

// Registers as a landmark has them: without what only the kernel or the processor keeps there for a while.
Registers as_landmark(Registers registers);

// How many bytes of whole instructions make room for the jump at `at`: one of five bytes or more, or several,
// into whose middle no jump of the code `around` leads. They must run equally well elsewhere, and change
// nothing but registers and memory; the last may be a jump. 0 if there is no room.
size_t landmark_room(std::span<const std::byte> around, size_t at);
// Those instructions, with the code that lies around them looked at. Empty if there is no room.
std::vector<std::byte> landmark_instructions(TraceeMemory& memory, Address at);

// A word of memory that holds `value` at the landmark.
struct LandmarkWord {
  Address at;
  uint64_t value = 0;
};
inline constexpr size_t kMostLandmarkWords = 64;

// The code and data of one planted check. They take a page each, one behind the other.
struct LandmarkCheck {
  std::vector<std::byte> jump;  // goes over the instruction's first bytes
  std::vector<std::byte> code;
  std::vector<std::byte> data;
  Address arrived;  // where rip is after the check's trap
  Address differs;  // where to go on when the state turns out to be another one

  // Registers of the program, from those at the trap and what is on the data page by then.
  static std::optional<Registers> program_registers(const Registers& at_trap, Address place,
                                                    std::span<const std::byte> data);
};
inline constexpr uint64_t kLandmarkPages = 2;

// The check for `instructions`, those of landmark_instructions(), at `expected`'s rip, to be put at `page`.
// `extended_state` is the XSAVE area expected there, or empty; of it the check compares the lower halves of
// the SSE registers and the significands of the x87 ones, which is enough to tell most visits. Empty if the
// page is too far away.
std::optional<LandmarkCheck> make_landmark_check(std::span<const std::byte> instructions,
                                                 const Registers& expected,
                                                 std::span<const std::byte> extended_state,
                                                 std::span<const LandmarkWord> words, Address page);

}  // namespace bygone
