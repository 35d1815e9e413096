#pragma once

#include <string>

#include "replayer/replayed_task.h"
#include "schema/error.h"
#include "store/recording_reader.h"

namespace bygone {

// Where in the recording a replay stands, for the errors that say it left its path.
struct Place {
  EventNumber event;
  Tid task;
  std::string call;  // name of the call, signal or kind of frame
};
Place place_of(const Frame& frame);

tl::unexpected<Error> diverged(const Place& place, std::string cause);

// Which registers are not compared: the instruction's own results, and what the call itself changes.
using RegisterMask = uint32_t;
constexpr RegisterMask mask_of(Register r) {
  return RegisterMask{1} << static_cast<unsigned>(r);
}

// The first register in which the task is not where the recording says.
Expected<void> compare_registers(const Place& place, const Registers& expected, const Registers& found,
                                 RegisterMask ignored = 0);

}  // namespace bygone
