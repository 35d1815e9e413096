#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace bygone {

// rdtsc and rdtscp read a clock no replay can turn back. PR_SET_TSC makes them trap, but not everywhere: a
// hypervisor that runs its guests' kernels without hardware support lets user code read the counter all the
// same. There the instructions are found in every executable file that gets mapped and replaced by ud2, which
// always traps and is no longer than either (Intel SDM vol. 2: 0f 31, 0f 01 f9, 0f 0b).
enum class TimestampInstruction : uint8_t { rdtsc, rdtscp };

struct TimestampSite {
  uint64_t offset_bytes = 0;  // in the file
  TimestampInstruction instruction = TimestampInstruction::rdtsc;
};

constexpr size_t size_of(TimestampInstruction instruction) {
  return instruction == TimestampInstruction::rdtsc ? 2 : 3;
}
std::span<const std::byte> bytes_of(TimestampInstruction instruction);
// ud2, padded with nop to the length of what it replaces.
std::span<const std::byte> trap_for(TimestampInstruction instruction);
// The instruction `code` begins with, if it is one of the two.
std::optional<TimestampInstruction> timestamp_instruction(std::span<const std::byte> code);

// The sites in an ELF64 file, ascending; empty for anything else. Bytes that look like one of the
// instructions count only where decoding the function they are in, from its start as .eh_frame tells it,
// comes by them: constants between functions, and the insides of other instructions, are left alone. A file
// without .eh_frame (Go) is decoded from many starts before the place, which all but a few have to agree.
std::vector<TimestampSite> find_timestamp_sites(std::span<const std::byte> elf_file);

}  // namespace bygone
