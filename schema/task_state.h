#pragma once

// A task of a snapshot, whole: its row, and what the row's payload holds.

#include <cstddef>
#include <span>
#include <vector>

#include "schema/error.h"
#include "schema/registers.h"
#include "schema/rows.h"

namespace bygone {

struct TaskState {
  SnapshotTask row;
  Registers registers;
  std::vector<std::byte> extended_state;  // XSAVE area
};

std::vector<std::byte> encode_task_payload(const TaskState& state);
// Rejects bytes that end within the registers.
Expected<TaskState> decode_task_state(const SnapshotTask& row, std::span<const std::byte> payload);

}  // namespace bygone
