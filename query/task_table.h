#pragma once

#include <map>
#include <string>
#include <vector>

#include "schema/rows.h"

namespace bygone::query {

// The tasks of a recording by their ids, which may have been used again.
class TaskTable {
 public:
  explicit TaskTable(std::vector<Task> tasks);
  TaskTable(const TaskTable&) = delete;
  TaskTable& operator=(const TaskTable&) = delete;

  const std::vector<Task>& all() const { return tasks_; }

  // The one that lived then; where none did, the last before or the first after. Null for an id without
  // tasks.
  const Task* living(Tid tid, EventNumber event) const;
  // The one that made it, if the recording has that.
  const Task* parent(const Task& task) const;
  // The first thread of its process. A thread that execs takes the leader's place, in the process there is.
  const Task* leader(const Task& task) const;
  // Whether it is a thread of its process that has taken the leader's id over.
  bool is_heir(const Task& task) const;
  // Its own name, or that of the nearest ancestor with one: recorders of old named no task before its exec.
  const std::string& command(const Task& task) const;

 private:
  std::vector<Task> tasks_;
  std::map<Tid, std::vector<const Task*>> by_tid_;  // in order
};

}  // namespace bygone::query
