#include "schema/task_state.h"

#include <cstring>

namespace bygone {

std::vector<std::byte> encode_task_payload(const TaskState& state) {
  const auto registers = std::as_bytes(std::span(state.registers.values));
  std::vector<std::byte> payload(registers.begin(), registers.end());
  payload.insert(payload.end(), state.extended_state.begin(), state.extended_state.end());
  return payload;
}

Expected<TaskState> decode_task_state(const SnapshotTask& row, std::span<const std::byte> payload) {
  TaskState state{row, {}, {}};
  const size_t size = sizeof state.registers.values;
  if (payload.size() < size)
    return fail(ErrorKind::bad_data, fmt::format("snapshot of event {}", row.event.value),
                "the registers of a task are cut short",
                "`bygone verify` says how far the recording can be used; replay from an earlier event");
  std::memcpy(state.registers.values.data(), payload.data(), size);
  state.extended_state.assign(payload.begin() + ptrdiff_t(size), payload.end());
  return state;
}

}  // namespace bygone
