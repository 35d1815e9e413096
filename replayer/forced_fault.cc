#include <sys/mman.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstring>

#include "replayer/replay_session.h"
#include "tracee/extended_state.h"

namespace bygone {

namespace {

std::optional<siginfo_t> siginfo_of(const FullFrame& frame) {
  siginfo_t info;
  if (frame.siginfo.size() < sizeof info) return std::nullopt;
  std::memcpy(&info, frame.siginfo.data(), sizeof info);
  return info;
}

Address page_of(const siginfo_t& info) {
  return page_floor(Address{reinterpret_cast<uint64_t>(info.si_addr)});
}

}  // namespace

std::optional<Address> ReplaySession::page_to_fault(const ReplayedTask& task, const FullFrame& frame) {
  const auto info = siginfo_of(frame);
  if (!info || info->si_code <= 0) return std::nullopt;
  const Address page = page_of(*info);
  if (task.space->space.find(page) == nullptr) return std::nullopt;
  if (info->si_signo == SIGSEGV && info->si_code == SEGV_PKUERR) return page;
  // Where the file ends a replay's own file ends, too, and that page cannot be read.
  std::byte byte;
  if (info->si_signo == SIGBUS && task.space->memory.read_value(page, byte)) return page;
  return std::nullopt;
}

Expected<void> ReplaySession::protect_page(ReplayedTask& task, Address page, int protection) {
  std::vector<RemoteCall> calls = {{SYS_mprotect, {page.value, kPageSize, uint64_t(protection)}}};
  return materialiser_.run(task.pid, task.space->memory, calls, "making an access fault");
}

Expected<void> ReplaySession::run_to_forced_fault(ReplayedTask& task, const Place& place,
                                                  const FullFrame& frame, Address page, Registers& found) {
  const Protection usual = task.space->space.find(page)->recorded.prot;
  for (;;) {
    take_registers(task);
    BYGONE_TRY(protect_page(task, page, PROT_NONE));
    auto stop = run_on(task, place);
    get_registers(task.pid, found);
    siginfo_t info{};
    const bool faulted = stop && stop->kind == Stop::Kind::signal && stop->signal == SIGSEGV &&
                         get_siginfo(task.pid, info) == Outcome::done && page_of(info) == page;
    if (stop) BYGONE_TRY(protect_page(task, page, usual.prot_bits()));
    if (!faulted) {
      if (!stop) return tl::unexpected(stop.error());
      return not_the_fault(place, frame.signal->signal, *stop, found);
    }
    Registers expected = *frame.registers;
    expected[Register::orig_rax] = found[Register::orig_rax];
    std::vector<std::byte> extended;
    const bool same_rights =
        frame.extended_state.empty() || (get_extended_state(task.pid, extended) == Outcome::done &&
                                         !difference_of_extended_states(extended, frame.extended_state));
    if (found == expected && same_rights) return {};
    // It was allowed this one: it only read, or the page was still to be had.
    BYGONE_TRY(step_over(task, place));
    get_registers(task.pid, task.registers);
  }
}

}  // namespace bygone
