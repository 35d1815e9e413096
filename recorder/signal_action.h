#pragma once

#include <sys/types.h>

#include "schema/rows.h"

namespace bygone {

// What the program does about a signal, as /proc/TID/status tells it (SigIgn, SigCgt of proc(5)). The first
// process of a pid namespace ignores what would end or stop it (pid_namespaces(7)).
SignalAction action_for(pid_t tid, int signal);

}  // namespace bygone
