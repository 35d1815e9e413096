#pragma once

#include <optional>
#include <set>
#include <string>

#include "schema/rows.h"
#include "store/row_store.h"

namespace bygone {

// "exited 3", "killed by SIGSEGV", from a wait(2) status.
std::string outcome_text(int wait_status);

// Follows the tasks of a recording as their rows go by, to know how it ended.
class OutcomeTracker {
 public:
  void see(const AnyRow& row);

  // All tasks have ended.
  bool complete() const { return first_.value != 0 && live_.empty(); }
  // What became of the first task, "interrupted" if that is not known.
  std::string outcome() const;

 private:
  std::set<TaskId> live_;
  TaskId first_;
  std::optional<int32_t> first_status_;
};

}  // namespace bygone
