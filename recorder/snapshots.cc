#include <sys/syscall.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "recorder/session.h"
#include "tracee/extended_state.h"
#include "tracee/stack_limit.h"

namespace bygone {

namespace {

// How long tasks in the middle of something are waited for.
constexpr auto kSettlingPatience = std::chrono::milliseconds(100);

}  // namespace

// Does the task stand where its last frame says, with the memory it had then? A call under way may have
// written some already: it will be written again when it returns.
bool Session::is_settled(const RecordedTask& task) {
  if (task.state == RecordedTask::State::leaving) return static_cast<bool>(task.exit_event);
  if (task.space && task.space->killed_midway == task.tgid) return false;
  if (task.injecting || task.reinjecting || task.exec_pending || task.computing || task.sleeps_in_fault)
    return false;
  if (!task.in_call || !task.lost_turn || task.end_told) return !task.in_user_code;
  const bool changes_mappings = task.row != nullptr && task.row->call_class == CallClass::address_space;
  return !changes_mappings && !is_exec(int64_t(task.entry.registers[Register::orig_rax]));
}

bool Session::all_settled() const {
  return std::all_of(tasks_.begin(), tasks_.end(), [](const auto& t) { return is_settled(*t.second); });
}

bool Session::snapshot_is_due(SnapshotPacer::Clock::time_point now) {
  return settling_ || pacer_.is_due(now, log_.events(), log_.written_bytes(), [&] {
    std::set<pid_t> processes;
    for (const auto& [tid, task] : tasks_) processes.insert(task->tgid);
    return std::vector<pid_t>(processes.begin(), processes.end());
  });
}

Expected<void> Session::snapshot_if_due() {
  const auto now = SnapshotPacer::Clock::now();
  const bool due = snapshot_is_due(now);
  if (!due || log_.events() == 0) return {};
  if (all_settled()) {
    settling_ = false;
    return take_snapshot();
  }
  if (!settling_) settling_since_ = now;
  settling_ = now - settling_since_ < kSettlingPatience;
  if (!settling_) pacer_.postpone(now);
  return {};
}

// Each process shows itself to its own user only (recorder/access.h).
Expected<void> Session::give_up_snapshots() {
  pacer_.postpone(SnapshotPacer::Clock::now());
  tell_uncaptured(
      -1, "snapshot of several users",
      "no snapshots while processes of several users run: that takes CAP_SYS_PTRACE (containers: --cap-add "
      "SYS_PTRACE); seeking is slow, and --keep drops nothing");
  return {};
}

Expected<void> Session::take_snapshot() {
  const auto began = SnapshotPacer::Clock::now();
  if (tasks_.empty()) return {};
  SnapshotSubject subject;
  subject.event = EventNumber{log_.events()};
  std::set<const RecordedSpace*> seen;
  std::set<uid_t> users;
  for (const auto& [tid, task] : tasks_) users.insert(task->user);
  if (users.size() > 1) return give_up_snapshots();
  const RecordedTask& any = *tasks_.begin()->second;
  const ActingAs theirs(any.user, any.group);
  for (const auto& [tid, task] : tasks_) {
    if (task->state == RecordedTask::State::leaving || !task->space) continue;
    auto& state = subject.tasks.emplace_back();
    const bool in_call = task->in_call && task->lost_turn && !task->end_told;
    state.row = {subject.event, Tid{tid}, Tid{task->tgid}, task->space->space.id(),
                 in_call               ? SnapshotPosition::in_call
                 : task->call_returned ? SnapshotPosition::call_returned
                                       : SnapshotPosition::user};
    state.registers = task->registers;
    // A task that sleeps in a call cannot be asked: it was, when it went in.
    const bool stands = get_extended_state(tid, state.extended_state) == Outcome::done;
    if (!stands && task->in_call) state.extended_state = task->extended_state;
    if (state.extended_state.empty()) {
      pacer_.postpone(began);
      return {};
    }
    if (!seen.insert(task->space.get()).second) continue;
    RecordedSpace& space = *task->space;
    space.memory.follow(tid);
    subject.spaces.push_back({&space.space, space.parent, &space.memory, tid, stack_limit_of(tid),
                              has_advice_, [&space](Address page) { return space.devices.page(page); }});
  }
  if (subject.tasks.empty()) return {};
  subject.files =
      changing_files(subject.spaces, subject.event, files_change_after_ns_, !files_.are_watched());
  const auto written = snapshots_.write(subject);
  const auto ended = SnapshotPacer::Clock::now();
  if (!written) {
    if (written.error().kind == ErrorKind::not_found)
      pacer_.postpone(ended);
    else
      log_.report(written.error());
    return {};
  }
  ++outcome_.snapshots;
  pacer_.took(began, ended, log_.events(), log_.written_bytes());
  forget_detached_segments();
  if (options_.snapshots.keep.any()) forget_unmapped_files();
  return {};
}

// What nothing maps now may leave the window once that begins here; it is given to the store anew where it is
// mapped again.
void Session::forget_unmapped_files() {
  std::set<ContentId> mapped;
  for (const auto& [tid, task] : tasks_) {
    if (!task->space) continue;
    for (const auto& [start, mapping] : task->space->space.mappings())
      if (mapping.data.source == DataSource::content) mapped.insert(mapping.data.content);
  }
  for (const ContentId id : files_.forget_all_but(mapped))
    log_.row(ContentRelease{EventNumber{log_.events()}, id});
}

// A replay that begins with the snapshot knows of no segment that nobody has attached now.
void Session::forget_detached_segments() {
  if (known_segments_.empty()) return;
  std::set<uint64_t> attached;
  for (const auto& [tid, task] : tasks_) {
    if (!task->space) continue;
    for (const auto& [start, mapping] : task->space->space.mappings())
      if (mapping.recorded.prot.shared) attached.insert(mapping.recorded.inode);
  }
  std::erase_if(known_segments_, [&](uint64_t id) { return !attached.contains(id); });
}

}  // namespace bygone
