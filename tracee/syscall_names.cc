#include <array>
#include <csignal>
#include <cstring>

#include "tracee/syscall_table.h"

namespace bygone {

std::string_view errno_name(int number) {
  // The kernel's own, seen by a tracer where a signal interrupts a call.
  switch (number) {
    case 512:
      return "ERESTARTSYS";
    case 513:
      return "ERESTARTNOINTR";
    case 514:
      return "ERESTARTNOHAND";
    case 515:
      return "ENOIOCTLCMD";
    case 516:
      return "ERESTART_RESTARTBLOCK";
    default:
      break;
  }
  if (number <= 0) return {};
  const char* name = strerrorname_np(number);
  return name == nullptr ? std::string_view{} : std::string_view{name};
}

std::string_view signal_name(int number) {
  static constexpr std::array<std::string_view, 65> kNames = {
      "",        "SIGHUP",   "SIGINT",  "SIGQUIT", "SIGILL",  "SIGTRAP", "SIGABRT", "SIGBUS",    "SIGFPE",
      "SIGKILL", "SIGUSR1",  "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD",
      "SIGCONT", "SIGSTOP",  "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG",  "SIGXCPU", "SIGXFSZ",   "SIGVTALRM",
      "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS",  "SIGRT32", "SIGRT33", "SIGRT34",   "SIGRT35",
      "SIGRT36", "SIGRT37",  "SIGRT38", "SIGRT39", "SIGRT40", "SIGRT41", "SIGRT42", "SIGRT43",   "SIGRT44",
      "SIGRT45", "SIGRT46",  "SIGRT47", "SIGRT48", "SIGRT49", "SIGRT50", "SIGRT51", "SIGRT52",   "SIGRT53",
      "SIGRT54", "SIGRT55",  "SIGRT56", "SIGRT57", "SIGRT58", "SIGRT59", "SIGRT60", "SIGRT61",   "SIGRT62",
      "SIGRT63", "SIGRT64"};
  return number > 0 && number < int(kNames.size()) ? kNames[size_t(number)] : std::string_view{};
}

}  // namespace bygone
