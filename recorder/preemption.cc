#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "recorder/kinship.h"
#include "recorder/scoped_signal_mask.h"
#include "recorder/session.h"
#include "recorder/signal_action.h"
#include "recorder/wait_limit.h"
#include "tracee/breakpoint.h"
#include "tracee/extended_state.h"
#include "tracee/landmark.h"
#include "tracee/memory_digest.h"

namespace bygone {

namespace {

// A task that waits in a loop for somebody to change its memory comes by the same place in the same state
// over and over, which a replay finds at its first visit. One that counts meanwhile is never in the same
// state again: its place is a landmark (tracee/landmark.h), told by registers and by the words that change on
// the way round.
constexpr int kMostVisits = 64;
constexpr int64_t kVisitsUs = 20'000;
// Of the task's own time: on a busy processor it may not run at all for longer. And how many of them it is
// given to find that.
constexpr int64_t kStretchUs = 5'000;
constexpr int kMostStretches = 20;
// How far to look for an instruction that has room for a landmark's check.
constexpr int kMostSteps = 100;
constexpr uint64_t kMostWatchedBytes = uint64_t{64} << 20;

}  // namespace

std::optional<Stop> Session::stop_computation(RecordedTask& task) {
  if (ptrace(PTRACE_INTERRUPT, task.tid, nullptr, nullptr) != 0) return std::nullopt;
  for (;;) {
    const auto stop = wait_for(task.tid, Waiting::block);
    if (!stop && errno == EINTR) continue;
    if (stop) ++outcome_.ptrace_stops;
    // An interruption is reported before the trap of a step or a breakpoint that has just come (get_signal(),
    // kernel/signal.c); left there it would be the program's.
    const bool trapped =
        stop && stop->kind == Stop::Kind::trap && (signals_pending_for(task.tid) & signal_bit(SIGTRAP)) != 0;
    if (trapped && resume(task.tid, Resume::to_system_call) == Outcome::done) continue;
    return stop;
  }
}

bool Session::step(RecordedTask& task, std::optional<Stop>& other) {
  Registers before;
  if (get_registers(task.tid, before) == Outcome::gone) return false;
  for (;;) {
    if (resume(task.tid, Resume::single_step) == Outcome::gone) return false;
    {
      const WaitLimit limit(kVisitsUs);
      other = wait_for(task.tid, Waiting::block);
    }
    if (other) {
      ++outcome_.ptrace_stops;
    } else {
      other = stop_computation(task);
      const bool sleeps = !other || other->kind == Stop::Kind::trap;  // in a page fault
      if (sleeps) return false;
    }
    siginfo_t info;
    if (other->kind == Stop::Kind::trap) continue;
    if (other->kind != Stop::Kind::signal || get_siginfo(task.tid, info) == Outcome::gone) return false;
    const bool stepped = info.si_signo == SIGTRAP && info.si_code == TRAP_TRACE;
    if (!stepped && raised_by_instruction(info)) return false;
    if (!stepped) hold_signal(task, info);
    // A signal may come before the step, or take the place of its report.
    Registers now;
    if (stepped ||
        (get_registers(task.tid, now) == Outcome::done && now[Register::rip] != before[Register::rip])) {
      other.reset();
      return true;
    }
  }
}

std::optional<Stop> Session::run_to_next_visit(RecordedTask& task, Breakpoint& breakpoint) {
  std::optional<Stop> stop;
  if (!step(task, stop)) return stop;
  return run_to(task, breakpoint);
}

std::optional<Stop> Session::run_to(RecordedTask& task, Breakpoint& breakpoint) {
  std::optional<Stop> stop;
  if (!breakpoint.plant() || resume(task.tid, Resume::to_system_call) == Outcome::gone) return std::nullopt;
  for (;;) {
    {
      const WaitLimit limit(kVisitsUs);
      stop = wait_for(task.tid, Waiting::block);
    }
    if (!stop) return stop_computation(task);  // it does not come by here any more
    ++outcome_.ptrace_stops;
    siginfo_t info;
    const bool sent = stop->kind == Stop::Kind::signal && get_siginfo(task.tid, info) == Outcome::done &&
                      !raised_by_instruction(info);
    if (!sent) return stop;
    hold_signal(task, info);
    if (resume(task.tid, Resume::to_system_call) == Outcome::gone) return std::nullopt;
  }
}

std::optional<Stop> Session::walk_to_landmark(RecordedTask& task, std::optional<Breakpoint>& place) {
  std::optional<Stop> stop;
  for (int steps = 0; steps < kMostSteps; ++steps) {
    Registers here;
    if (get_registers(task.tid, here) == Outcome::gone) return std::nullopt;
    const Address at{here[Register::rip]};
    const Mapping* const code = task.space->space.find(at);
    const bool may_write = code != nullptr && !code->recorded.prot.shared;
    if (!may_write || !may_be_stepped(task.space->memory, at)) break;
    if (!landmark_instructions(task.space->memory, at).empty() || steps + 1 == kMostSteps) {
      place.emplace(task.space->memory, at);
      break;
    }
    if (const auto behind = behind_repetition(task.space->memory, at)) {
      Breakpoint end(task.space->memory, *behind);
      stop = run_to(task, end);
      const bool arrived = stop && stop->kind == Stop::Kind::signal && end.was_hit_by(task.tid);
      if (!arrived && (!stop || stop->kind != Stop::Kind::trap)) return stop;
      continue;
    }
    if (!step(task, stop)) return stop;
  }
  stop.emplace();
  stop->kind = Stop::Kind::trap;  // stands still, of no further meaning
  return stop;
}

void Session::go_on_computing(const std::optional<Stop>& stop, const RecordedTask& task) {
  if (!stop) return;
  if (stop->kind == Stop::Kind::trap)
    resume(task.tid, Resume::to_system_call);
  else
    file_stop(*stop);
}

std::vector<LandmarkWord> Session::changed_words(RecordedTask& task,
                                                 std::initializer_list<MemoryWatch*> watches) {
  std::vector<LandmarkWord> words;
  const LeftOut others = left_out(task);
  std::vector<MemoryRange> changed;
  for (MemoryWatch* const watch : watches) {
    if (watch == nullptr) continue;
    // A page first touched meanwhile, perhaps by us, need not have changed.
    const std::vector<MemoryRange> found = watch->changed(ChangeDetail::certain);
    changed.insert(changed.end(), found.begin(), found.end());
  }
  // Counters stand alone, and buffers, which are large, say the least.
  std::stable_sort(changed.begin(), changed.end(), [](const MemoryRange& a, const MemoryRange& b) {
    return a.size_bytes() < b.size_bytes();
  });
  for (const MemoryRange& range : changed) {
    const bool by_another = std::any_of(others.in_flight.begin(), others.in_flight.end(),
                                        [&](const MemoryRange& call) { return call.intersects(range); });
    if (by_another) continue;
    for (Address at{range.start.value & ~uint64_t{7}}; at < range.end; at = at + 8) {
      if (words.size() == kMostLandmarkWords) return words;
      LandmarkWord word{at, 0};
      const bool known =
          std::any_of(words.begin(), words.end(), [&](const LandmarkWord& w) { return w.at == at; });
      if (!known && task.space->memory.read_value(at, word.value)) words.push_back(word);
    }
  }
  return words;
}

std::optional<Stop> Session::run_a_stretch(RecordedTask& task) {
  const auto before = processor_time_ns(task.tgid, task.tid);
  if (resume(task.tid, Resume::to_system_call) == Outcome::gone) return std::nullopt;
  std::optional<Stop> stop;
  bool has_run = false;
  for (int waits = 0; !stop && !has_run && waits < kMostStretches; ++waits) {
    {
      const WaitLimit limit(kStretchUs);
      stop = wait_for(task.tid, Waiting::block);
    }
    const auto now = processor_time_ns(task.tgid, task.tid);
    has_run = !before || !now || *now - *before >= kStretchUs * 1000 / 2;
  }
  if (!stop) return stop_computation(task);
  ++outcome_.ptrace_stops;
  return stop;
}

Expected<void> Session::try_preemption(RecordedTask& task) {
  const ActingAs theirs(task.user, task.group);
  // Whatever else stops it meanwhile is handled as ever; the interruption is then a trap of no meaning.
  auto stop = stop_computation(task);
  if (!stop || stop->kind != Stop::Kind::trap || action_for(task.tid, SIGTRAP) == SignalAction::ignored) {
    go_on_computing(stop, task);
    return {};
  }
  // What others send comes afterwards: a fast timer would let no attempt come to its end. A breakpoint's
  // SIGTRAP takes a blocked or ignored one's handler away (kernel/signal.c, force_sig).
  let_signals_in(task);
  std::optional<std::vector<LandmarkWord>> words;
  {
    const ScopedSignalMask quiet(
        task.tid, [](uint64_t mask) { return (mask | ~kRaisedByInstructions) & ~signal_bit(SIGTRAP); });
    words = run_to_landmark(task, stop);
  }
  if (words) return finish_preemption(task, *words);
  go_on_computing(stop, task);
  return {};
}

std::optional<std::vector<LandmarkWord>> Session::run_to_landmark(RecordedTask& task,
                                                                  std::optional<Stop>& stop) {
  // What changes over many rounds tells those of outer loops apart.
  auto rounds = MemoryWatch::begin(task.tid, writable_memory(task), nullptr, kMostWatchedBytes);
  stop = run_a_stretch(task);
  std::optional<Breakpoint> place;
  if (!stop || stop->kind != Stop::Kind::trap) return std::nullopt;
  stop = walk_to_landmark(task, place);
  LeftOut in_flight = left_out(task);
  in_flight.dead_below.clear();
  const auto read_state = [&](Registers& registers, std::vector<std::byte>& state) {
    const bool read = get_registers(task.tid, registers) == Outcome::done &&
                      get_extended_state(task.tid, state) == Outcome::done;
    if (!read) stop.reset();
    return read;
  };
  Registers here;
  std::vector<std::byte> extended, extended_now;
  uint64_t digest = 0;
  bool have_digest = false;
  for (int visit = 0; place && visit < kMostVisits; ++visit) {
    if (!read_state(here, extended)) return std::nullopt;
    here = as_landmark(here);
    const bool landmark = !landmark_instructions(task.space->memory, place->at()).empty();
    auto watch = landmark ? MemoryWatch::begin(task.tid, writable_memory(task), nullptr, kMostWatchedBytes)
                          : fail(ErrorKind::unavailable, "", "");
    stop = run_to_next_visit(task, *place);
    const bool arrived = stop && stop->kind == Stop::Kind::signal && place->was_hit_by(task.tid);
    place->lift();
    if (!arrived) {
      // It comes by no more: the place it is at now is as good as any, if it is told by its registers.
      place.reset();
      if (landmark && stop && stop->kind == Stop::Kind::trap) stop = walk_to_landmark(task, place);
      if (!place || landmark_instructions(task.space->memory, place->at()).empty()) break;
      return changed_words(task, {rounds ? &*rounds : nullptr});
    }
    Registers now;
    if (!read_state(now, extended_now)) return std::nullopt;
    const uint64_t digest_now =
        digest_all_writable(task.space->space, task.tid, task.space->memory, in_flight);
    const bool same = as_landmark(now) == here && !difference_of_extended_states(extended_now, extended);
    if (same && have_digest && digest == digest_now) return std::vector<LandmarkWord>{};
    if (landmark && (!same || have_digest)) {
      MemoryWatch* const round = watch ? &*watch : nullptr;
      return changed_words(task, {round, rounds ? &*rounds : nullptr});
    }
    digest = digest_now;
    have_digest = same;
    stop->kind = Stop::Kind::trap;
  }
  return std::nullopt;
}

Expected<void> Session::write_preempt_frame(RecordedTask& task, const std::vector<LandmarkWord>& words) {
  Registers at;
  if (get_registers(task.tid, at) == Outcome::gone) return {};
  task.registers = as_landmark(at);
  BYGONE_TRY(follow_kernel(task));
  const LeftOut left = left_out(task);
  // Who sleeps in a page fault, or did, has computed up to there, and no frame says so yet.
  const bool others_ran_on = std::any_of(tasks_.begin(), tasks_.end(), [&](const auto& t) {
    return t.second.get() != &task && (t.second->sleeps_in_fault || ran_on(*t.second)) &&
           share_memory(*t.second, task);
  });
  std::optional<int64_t> digest;
  if (!others_ran_on)
    digest = int64_t(digest_all_writable(task.space->space, task.tid, task.space->memory, left));
  if (options_.checking == Checking::everything && digest) {
    // A replay that misses the place can say which memory was another one.
    next_proof_ = EventNumber{log_.next().value + 1};
    for (const MemoryDigest& row : digest_writable(log_.next(), task.space->space, task.tid,
                                                   task.space->memory, DigestScope::private_and_shared, left))
      log_.row(row);
  }
  // They hold these values already; written down, they tell a replay what to look for.
  for (const LandmarkWord& word : words)
    log_.memory_write(Tid{task.tid}, word.at, std::as_bytes(std::span(&word.value, 1)));
  log_extended_state(task);
  return complete(task, FrameKind::preempt, std::nullopt, digest);
}

Expected<void> Session::finish_preemption(RecordedTask& task, const std::vector<LandmarkWord>& words) {
  if (std::exchange(task.computing, false)) --computing_;
  task.state = RecordedTask::State::ready;
  BYGONE_TRY(write_preempt_frame(task, words));
  yielded_ = true;
  if (task.held_signals.empty()) return {};
  send_held_signal(task);  // it was taken from the task before
  return {};
}

}  // namespace bygone
