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

namespace {

class ActionText {
 public:
  explicit ActionText(pid_t tid) {
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/status", tid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd < 0 ? 0 : read(fd, text_, sizeof text_ - 1);
    if (fd >= 0) close(fd);
    text_[std::max<ssize_t>(size, 0)] = '\0';
  }
  bool has(const char* set, int signal) const {
    const char* line = std::strstr(text_, set);
    return line != nullptr && ((strtoull(line + std::strlen(set), nullptr, 16) >> (signal - 1)) & 1) != 0;
  }
  bool is_handled(int signal) const { return has("\nSigCgt:", signal); }
  bool is_ignored(int signal) const { return has("\nSigIgn:", signal); }

 private:
  char text_[4096];
};

}  // namespace

bool has_default_action(pid_t tid, int signal) {
  const ActionText text(tid);
  return !text.is_handled(signal) && !text.is_ignored(signal);
}

SignalAction action_for(pid_t tid, int signal) {
  const ActionText text(tid);
  if (text.is_handled(signal)) return SignalAction::handled;
  if (text.is_ignored(signal)) return SignalAction::ignored;
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
