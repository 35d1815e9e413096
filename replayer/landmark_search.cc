#include "replayer/landmark_search.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>

#include "tracee/breakpoint.h"

namespace bygone {

namespace {

// Places for the check's pages, nearest first: the middles of the gaps around `place`.
std::vector<Address> free_pages_near(const AddressSpace& space, Address place) {
  constexpr uint64_t kSize = kLandmarkPages * kPageSize, kFarthest = uint64_t{1} << 30;
  constexpr Address kLowest{uint64_t{1} << 20};
  std::vector<Address> pages;
  Address gap_start = kLowest;
  auto consider = [&](Address gap_end) {
    const Address low = std::max(gap_start, Address{place.value - std::min(place.value, kFarthest)});
    const Address high = std::min(gap_end, place + kFarthest);
    if (high > low && high - low >= kSize) pages.push_back(page_floor(low + (high - low - kSize) / 2));
  };
  for (const auto& [start, mapping] : space.mappings()) {
    consider(start);
    gap_start = std::max(gap_start, mapping.range().end);
  }
  consider(place + kFarthest);
  auto distance = [&](Address page) { return page > place ? page - place : place - page; };
  std::sort(pages.begin(), pages.end(), [&](Address a, Address b) { return distance(a) < distance(b); });
  return pages;
}

}  // namespace

Expected<std::optional<LandmarkSearch>> LandmarkSearch::plant(Materialiser& materialiser, ReplayedTask& task,
                                                              const Registers& expected,
                                                              std::span<const std::byte> extended_state,
                                                              const std::vector<LandmarkWord>& words) {
  TraceeMemory& memory = task.space->memory;
  const Address place{expected[Register::rip]};
  std::vector<std::byte> original = landmark_instructions(memory, place);
  const Address here{task.registers[Register::rip]};
  if (original.empty() || (here > place && here < place + original.size())) return std::nullopt;
  for (const Address page : free_pages_near(task.space->space, place)) {
    auto check = make_landmark_check(original, expected, extended_state, words, page);
    if (!check) continue;
    constexpr uint64_t kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    std::vector<RemoteCall> calls = {
        {SYS_mmap, {page.value, kPageSize, PROT_READ | PROT_EXEC, kFlags, ~uint64_t{0}, 0}},
        {SYS_mmap, {page.value + kPageSize, kPageSize, PROT_READ | PROT_WRITE, kFlags, ~uint64_t{0}, 0}}};
    task.registers_set = false;
    if (!materialiser.run(task.pid, memory, calls, "making room for a landmark")) {
      // Something the rows do not know is there; a half is not left behind.
      std::vector<RemoteCall> undo = {
          {SYS_munmap, {calls[0].result > 0 ? page.value : page.value + kPageSize, kPageSize}}};
      static_cast<void>(materialiser.run(task.pid, memory, undo, "making room for a landmark"));
      continue;
    }
    original.resize(check->jump.size());
    if (!memory.write(page, check->code) || !memory.write(page + kPageSize, check->data) ||
        !memory.write(place, check->jump))
      return fail(ErrorKind::internal, fmt::format("replayed process {}", task.pid),
                  fmt::format("its code at 0x{:x} cannot be written", place.value));
    return LandmarkSearch(materialiser, std::move(*check), place, page, std::move(original));
  }
  return std::nullopt;
}

std::optional<Registers> LandmarkSearch::arrived(const ReplayedTask& task) {
  Registers at_trap;
  if (get_registers(task.pid, at_trap) == Outcome::gone || Address{at_trap[Register::rip]} != check_.arrived)
    return std::nullopt;
  std::vector<std::byte> data(check_.data.size());
  if (!task.space->memory.read(page_ + kPageSize, data)) return std::nullopt;
  return LandmarkCheck::program_registers(at_trap, place_, data);
}

Registers LandmarkSearch::going_on(const Registers& at_trap) const {
  Registers on = at_trap;
  on[Register::rip] = check_.differs.value;
  return on;
}

Expected<void> LandmarkSearch::lift(ReplayedTask& task) {
  task.registers_set = false;
  hide(task);
  std::vector<RemoteCall> calls = {{SYS_munmap, {page_.value, kLandmarkPages * kPageSize}}};
  return materialiser_.run(task.pid, task.space->memory, calls, "taking a landmark away");
}

}  // namespace bygone
