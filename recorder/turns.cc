#include <sched.h>

#include <algorithm>

#include "recorder/session.h"

namespace bygone {

namespace {

constexpr uint64_t kTurnFrames = 200;  // how long a task may keep its turn while others could run

}  // namespace

bool Session::share_memory(const RecordedTask& a, const RecordedTask& b) {
  if (a.space == b.space) return true;
  if (!a.space || !b.space) return false;
  for (const auto& [start, mapping] : a.space->space.mappings()) {
    const KernelMapping& mine = mapping.recorded;
    if (!mine.prot.shared || mine.inode == 0) continue;
    for (const auto& [other_start, other_mapping] : b.space->space.mappings()) {
      const KernelMapping& theirs = other_mapping.recorded;
      if (theirs.prot.shared && theirs.inode == mine.inode && theirs.device == mine.device) return true;
    }
  }
  return false;
}

// Has computed on from its last frame, and no frame says so yet: whoever shares its memory must not run
// before that.
bool Session::ran_on(const RecordedTask& task) {
  const bool told_of = task.in_call && task.lost_turn;
  const bool stands = task.pending || task.state == RecordedTask::State::ready;
  return task.in_user_code && stands && !told_of;
}

std::vector<const RecordedTask*> Session::in_the_way() const {
  std::vector<const RecordedTask*> found;
  for (const auto& [tid, task] : tasks_)
    if (task->computing || ran_on(*task)) found.push_back(task.get());
  return found;
}

bool Session::can_run(const RecordedTask& task, std::span<const RecordedTask* const> in_the_way) const {
  // One that is being killed computes nothing more; its tracer may have let it go to its end.
  const bool ends = dying_.contains(task.tgid) && task.traced.place == Traced::Place::nowhere;
  if (!task.pending && (task.state != RecordedTask::State::ready || ends)) return false;
  const bool goes_first = ran_on(task);
  return std::none_of(in_the_way.begin(), in_the_way.end(), [&](const RecordedTask* other) {
    return other != &task && (other->computing || !goes_first) && share_memory(*other, task);
  });
}

// Tasks that share the memory of the one whose call has woken them, in calls that write: they do so now, or
// while it goes on. Each look costs as much as a system call of the program's, so there are few.
void Session::await_woken() {
  const RecordedTask* const by = find(turn_);
  if (by == nullptr) return;
  // Of a signal to the process itself the kernel has woken the thread that is to take it, the first one if it
  // can be; the sender would, if it went on before that has its turn.
  const bool has_signalled = std::exchange(has_signalled_, false);
  constexpr int kMostLooks = 8;
  int looks = 0;
  for (const auto& [tid, task] : tasks_) {
    const bool may_go_on = task->writes_at_return || (has_signalled && task->tgid == by->tgid);
    if (task.get() == by || !task->in_call || !task->lost_turn || !may_go_on) continue;
    if (!share_memory(*task, *by)) continue;
    if (++looks > kMostLooks) return;
    while (!task->pending && !is_asleep(*task)) {
      if (const auto stop = wait_for(tid, Waiting::no_wait))
        file_stop(*stop);
      else
        sched_yield();
    }
  }
}

bool Session::has_finished_call(const RecordedTask& task) {
  return task.in_call && task.lost_turn && task.pending && task.pending->kind == Stop::Kind::system_call &&
         !task.injecting;
}

RecordedTask* Session::choose() {
  const auto in_the_way = this->in_the_way();
  if (settling_) {
    for (const auto& [tid, task] : tasks_)
      if (!is_settled(*task) && can_run(*task, in_the_way)) return task.get();
    if (computing_ > 0) return nullptr;
    settling_ = false;  // nobody can be brought there
    pacer_.postpone(SnapshotPacer::Clock::now());
  }
  RecordedTask* current = find(turn_);
  // What a call has written is in memory already: who shares it must not run on before the call's frame is
  // there.
  if (current != nullptr && current->state == RecordedTask::State::ready && !current->pending)
    for (const auto& [tid, task] : tasks_)
      if (task.get() != current && has_finished_call(*task) && share_memory(*task, *current) &&
          can_run(*task, in_the_way))
        return task.get();
  RecordedTask* const interrupted = find(interrupted_);
  if (interrupted == nullptr || can_run(*interrupted, in_the_way)) interrupted_ = 0;
  if (interrupted != nullptr && interrupted_ == 0) return interrupted;
  const bool keep =
      current != nullptr && can_run(*current, in_the_way) && !yielded_ && turn_frames_ < kTurnFrames;
  if (keep) return current;
  yielded_ = false;
  turn_frames_ = 0;
  // Whoever waits longest: in the order of their numbers a program that goes on making tasks would keep the
  // rest from ever running.
  RecordedTask* next = nullptr;
  for (const auto& [tid, task] : tasks_)
    if (can_run(*task, in_the_way) && (next == nullptr || task->last_turn < next->last_turn))
      next = task.get();
  if (next == nullptr) return nullptr;
  turn_ = next->tid;
  next->last_turn = ++turns_;
  return next;
}

bool Session::others_can_run(const RecordedTask& task) const {
  const auto in_the_way = this->in_the_way();
  return std::any_of(tasks_.begin(), tasks_.end(), [&](const auto& other) {
    return other.second.get() != &task && can_run(*other.second, in_the_way);
  });
}

}  // namespace bygone
