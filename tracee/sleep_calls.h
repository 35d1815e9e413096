#pragma once

#include <cstdint>

#include "schema/registers.h"

namespace bygone {

// A call that fails with EINTR whenever its task is woken while it sleeps, though no signal is handled:
// because it was stopped and goes on (signal(7)), or for a signal that is ignored, which wakes those only
// that are traced.
struct SleepCall {
  // Where it says how long it may sleep.
  enum class Limit {
    never,
    milliseconds,   // `argument`, an int; negative for ever
    timespec,       // `argument` points to it, or is null
    socket_input,   // SO_RCVTIMEO of the descriptor, its first argument
    socket_output,  // SO_SNDTIMEO
  };

  uint64_t number;
  Limit limit;
  Register argument;
  int64_t result_when_over;
};

// nullptr for other calls. Those on sockets are among them where they have a time limit only.
const SleepCall* find_sleep_call(uint64_t number);

// To whoever is not to notice such a stop the call is made to begin again, its time too, unless a handler is
// waiting. False, with nothing done, where it was none.
bool begin_again_if_stopped(Registers& registers);

}  // namespace bygone
