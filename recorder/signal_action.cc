#include "recorder/signal_action.h"

#include <csignal>

#include "recorder/kinship.h"

namespace bygone {

bool has_default_action(pid_t tid, int signal) {
  const ChosenActions chosen = chosen_actions_of(tid);
  return ((chosen.handled | chosen.ignored) & signal_bit(signal)) == 0;
}

SignalAction action_for(pid_t tid, int signal) {
  const ChosenActions chosen = chosen_actions_of(tid);
  if ((chosen.handled & signal_bit(signal)) != 0) return SignalAction::handled;
  if ((chosen.ignored & signal_bit(signal)) != 0) return SignalAction::ignored;
  if (signal != SIGKILL && signal != SIGSTOP && is_namespace_init(process_of(tid)))
    return SignalAction::ignored;
  if ((kIgnoredByDefault & signal_bit(signal)) != 0) return SignalAction::ignored;
  switch (signal) {
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
      return SignalAction::stopped;
    default:
      return SignalAction::terminated;
  }
}

}  // namespace bygone
