#include "store/outcome.h"

#include <fmt/core.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>

namespace bygone {

std::string outcome_text(int wait_status) {
  if (WIFEXITED(wait_status)) return fmt::format("exited {}", WEXITSTATUS(wait_status));
  if (!WIFSIGNALED(wait_status)) return fmt::format("ended with wait status {:#x}", unsigned(wait_status));
  const int number = WTERMSIG(wait_status);
  const char* name = sigabbrev_np(number);
  if (name != nullptr) return fmt::format("killed by SIG{}", name);
  return fmt::format("killed by SIGRT{}", number - __SIGRTMIN + 32);
}

void OutcomeTracker::see(const AnyRow& row) {
  if (const auto* task = std::get_if<Task>(&row)) {
    if (!first_) first_ = task->id;
    if (task->end_event == kNoEvent)
      live_.insert(task->id);
    else if (task->id == first_)
      first_status_ = task->status;
  } else if (const auto* end = std::get_if<TaskEnd>(&row)) {
    live_.erase(end->id);  // a process's last word on its status may come after its end
    if (end->id == first_) first_status_ = end->status;
  }
}

std::string OutcomeTracker::outcome() const {
  return first_status_ ? outcome_text(*first_status_) : "interrupted";
}

}  // namespace bygone
