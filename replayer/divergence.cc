#include "replayer/divergence.h"

#include "schema/enum_names.h"
#include "tracee/syscall_table.h"

namespace bygone {

Place place_of(const Frame& frame) {
  Place place{frame.event, frame.task, std::string(enum_name(frame.kind))};
  const bool is_signal = frame.kind == FrameKind::signal || frame.kind == FrameKind::handler;
  if (frame.call)
    place.call += fmt::format(" {}", is_signal ? signal_name(*frame.call) : call_name(*frame.call));
  return place;
}

tl::unexpected<Error> diverged(const Place& place, std::string cause) {
  return fail(ErrorKind::divergence,
              fmt::format("replay diverged at event {}, task {}, {}", place.event.value, place.task.value,
                          place.call),
              std::move(cause));
}

Expected<void> compare_registers(const Place& place, const Registers& expected, const Registers& found,
                                 RegisterMask ignored) {
  for (size_t i = 0; i < kRegisterCount; ++i) {
    if (((ignored >> i) & 1) != 0 || expected.values[i] == found.values[i]) continue;
    return diverged(
        place, fmt::format("register {}: expected 0x{:x}, found 0x{:x} (at rip 0x{:x})", kRegisterNames[i],
                           expected.values[i], found.values[i], found[Register::rip]));
  }
  return {};
}

}  // namespace bygone
