#include "recorder/signal_action.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "recorder/kinship.h"

namespace bygone {

SignalAction action_for(pid_t tid, int signal) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/status", tid);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  char text[4096];
  const ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  text[std::max<ssize_t>(size, 0)] = '\0';
  auto in_set = [&](const char* name) {
    const char* line = std::strstr(text, name);
    return line != nullptr && ((strtoull(line + std::strlen(name), nullptr, 16) >> (signal - 1)) & 1) != 0;
  };
  if (in_set("\nSigCgt:")) return SignalAction::handled;
  if (in_set("\nSigIgn:")) return SignalAction::ignored;
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
