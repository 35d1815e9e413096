#include <algorithm>
#include <cstring>

#include "replayer/landmark_search.h"
#include "replayer/replay_session.h"
#include "tracee/breakpoint.h"
#include "tracee/extended_state.h"
#include "tracee/landmark.h"
#include "tracee/memory_digest.h"

namespace bygone {

namespace {

std::vector<LandmarkWord> words_of(const FullFrame& frame) {
  std::vector<LandmarkWord> words;
  for (const WriteWithBytes& write : frame.writes) {
    for (size_t at = 0; at + sizeof(uint64_t) <= write.bytes.size(); at += sizeof(uint64_t)) {
      LandmarkWord word{write.row.address + at, 0};
      std::memcpy(&word.value, write.bytes.data() + at, sizeof word.value);
      words.push_back(word);
    }
  }
  return words;
}

}  // namespace

bool ReplaySession::is_at_landmark(ReplayedTask& task, const Registers& found, const FullFrame& frame) {
  if (as_landmark(found) != *frame.registers) return false;
  std::vector<std::byte> extended;
  if (!frame.extended_state.empty() && get_extended_state(task.pid, extended) == Outcome::done &&
      difference_of_extended_states(extended, frame.extended_state)) {
    near_miss_ = "it came by with the recorded registers, but others in the vector registers";
    return false;
  }
  if (!frame.frame.result) {
    const std::vector<LandmarkWord> words = words_of(frame);
    return std::all_of(words.begin(), words.end(), [&](const LandmarkWord& word) {
      uint64_t value = 0;
      return task.space->memory.read_value(word.at, value) && value == word.value;
    });
  }
  const LeftOut left_out = this->left_out(task, found);
  const uint64_t digest = digest_all_writable(task.space->space, task.pid, task.space->memory, left_out);
  if (digest == uint64_t(*frame.frame.result)) return true;
  near_miss_ = "it came by with the recorded registers, but memory was another";
  const auto recorded = recording_.digests_at(frame.frame.event);
  if (!recorded) return false;
  const auto ours = digest_writable(frame.frame.event, task.space->space, task.pid, task.space->memory,
                                    DigestScope::private_and_shared, left_out);
  for (const MemoryDigest& expected : *recorded) {
    const auto same = [&](const MemoryDigest& d) {
      return d.start == expected.start && d.end == expected.end && d.digest == expected.digest;
    };
    if (std::none_of(ours.begin(), ours.end(), same))
      near_miss_ += fmt::format(", 0x{:x}-0x{:x}", expected.start.value, expected.end.value);
  }
  return false;
}

Expected<void> ReplaySession::run_to_trap(ReplayedTask& task, const Place& place, Registers& found) {
  auto reached = run_to_fault(task, place, SIGTRAP, found);
  if (!reached && !near_miss_.empty()) reached.error().cause += "; " + near_miss_;
  return reached;
}

Expected<void> ReplaySession::search_landmark(ReplayedTask& task, LandmarkSearch& search,
                                              const FullFrame& frame) {
  const Place place = place_of(frame.frame);
  for (;;) {
    Registers at_trap;
    BYGONE_TRY(run_to_trap(task, place, at_trap));
    const auto found = search.arrived(task);
    if (!found)
      return diverged(place, fmt::format("expected to be preempted, found SIGTRAP at rip 0x{:x}",
                                         at_trap[Register::rip]));
    search.hide(task);
    if (is_at_landmark(task, *found, frame)) return search.lift(task);
    search.show(task);
    set_registers(task.pid, search.going_on(at_trap));
  }
}

Expected<void> ReplaySession::search_by_breakpoint(ReplayedTask& task, const FullFrame& frame) {
  const Place place = place_of(frame.frame);
  Breakpoint breakpoint(task.space->memory, Address{(*frame.registers)[Register::rip]});
  for (;;) {
    if (!breakpoint.plant())
      return diverged(place, fmt::format("no breakpoint can be set at rip 0x{:x}, where it was preempted",
                                         breakpoint.at().value));
    Registers found;
    BYGONE_TRY(run_to_trap(task, place, found));
    if (!breakpoint.was_hit_by(task.pid))
      return diverged(
          place, fmt::format("expected to be preempted, found SIGTRAP at rip 0x{:x}", found[Register::rip]));
    breakpoint.lift();
    get_registers(task.pid, found);
    if (is_at_landmark(task, found, frame)) return {};
    BYGONE_TRY(step_over(task, place));
  }
}

// No check can be planted over the instruction the task stands at: it goes on to where one begins.
// Breakpoints, the other way, cost thousands of times as much a visit.
Expected<void> ReplaySession::leave_landmark(ReplayedTask& task, const FullFrame& frame) {
  const Address place{(*frame.registers)[Register::rip]};
  const Address end = place + landmark_instructions(task.space->memory, place).size();
  for (;;) {
    const Address here{task.registers[Register::rip]};
    if (here <= place || here >= end || is_at_landmark(task, task.registers, frame)) return {};
    take_registers(task);
    BYGONE_TRY(step_over(task, place_of(frame.frame)));
    Registers found;
    get_registers(task.pid, found);
    set_going_on_with(task, found);
    task.call_returned = false;
  }
}

Expected<void> ReplaySession::on_preempt(ReplayedTask& task, FullFrame& frame) {
  const Place place = place_of(frame.frame);
  BYGONE_TRY(apply_mapping_changes(task, place.event, {}));
  // The first moment in the recorded state will do: equal states have equal futures.
  near_miss_.clear();
  BYGONE_TRY(leave_landmark(task, frame));
  if (!is_at_landmark(task, task.registers, frame)) {
    BYGONE_ASSIGN(auto search, LandmarkSearch::plant(materialiser_, task, *frame.registers,
                                                     frame.extended_state, words_of(frame)));
    if (search)
      BYGONE_TRY(search_landmark(task, *search, frame));
    else
      BYGONE_TRY(search_by_breakpoint(task, frame));
  }
  set_going_on_with(task, *frame.registers);
  task.call_returned = false;
  return {};
}

}  // namespace bygone
