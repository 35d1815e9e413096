#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>

#include "schema/rows.h"

namespace bygone {

constexpr uint64_t signal_bit(int signal) {
  return uint64_t{1} << (signal - 1);
}

// What is ignored where nobody has said otherwise (signal(7)).
inline constexpr uint64_t kIgnoredByDefault =
    signal_bit(SIGCHLD) | signal_bit(SIGCONT) | signal_bit(SIGURG) | signal_bit(SIGWINCH);

// What the program does about a signal, as /proc/TID/status tells it (SigIgn, SigCgt of proc(5)). The first
// process of a pid namespace ignores what would end or stop it (pid_namespaces(7)).
SignalAction action_for(pid_t tid, int signal);

// SIG_DFL stands there, whatever that comes to.
bool has_default_action(pid_t tid, int signal);

}  // namespace bygone
