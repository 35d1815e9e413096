#include "query/task_table.h"

#include <utility>

namespace bygone::query {

TaskTable::TaskTable(std::vector<Task> tasks) : tasks_(std::move(tasks)) {
  for (const Task& task : tasks_) by_tid_[task.tid].push_back(&task);
}

const Task* TaskTable::living(Tid tid, EventNumber event) const {
  const auto found = by_tid_.find(tid);
  if (found == by_tid_.end()) return nullptr;
  const Task* last = found->second.front();
  for (const Task* task : found->second)
    if (task->first_event <= event) last = task;
  return last;
}

// Older than its child, whatever a file says: who goes from parent to parent comes to an end.
const Task* TaskTable::parent(const Task& task) const {
  const Task* const parent = living(task.parent, task.first_event);
  return parent != nullptr && parent->id < task.id ? parent : nullptr;
}

bool TaskTable::is_heir(const Task& task) const {
  const Task* const maker = parent(task);
  return task.tid == task.tgid && maker != nullptr && maker->tgid == task.tgid;
}

const Task* TaskTable::leader(const Task& task) const {
  const Task* leader = living(task.tgid, task.first_event);
  while (leader != nullptr && is_heir(*leader)) {
    const Task* const maker = parent(*leader);
    const Task* const before = living(leader->tgid, maker->first_event);
    if (before == nullptr || before->id >= leader->id) break;
    leader = before;
  }
  return leader;
}

const std::string& TaskTable::command(const Task& task) const {
  const Task* named = &task;
  while (named != nullptr && named->command.empty()) named = parent(*named);
  return named != nullptr ? named->command : task.command;
}

}  // namespace bygone::query
