#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "schema/error.h"
#include "schema/ids.h"
#include "schema/registers.h"

namespace bygone {

// One frame's registers as they go into a chunk; frames without registers are listed too, so that a chunk's
// n-th entry belongs to its first event + n.
struct ChunkEntry {
  Tid task;
  std::optional<Registers> registers;
};

// Encodes consecutive frames register by register, each value as the difference from the same task's previous
// one. The result is meant to be compressed; docs/format.md has the layout.
std::vector<std::byte> encode_registers(std::span<const ChunkEntry> entries);

// Rejects damaged bytes. `max_entries` bounds the memory a damaged chunk can ask for.
Expected<std::vector<ChunkEntry>> decode_registers(std::span<const std::byte> bytes, size_t max_entries);

}  // namespace bygone
