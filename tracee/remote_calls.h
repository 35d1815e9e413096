#pragma once

#include <array>
#include <csignal>
#include <cstdint>
#include <span>
#include <vector>

#include "schema/error.h"
#include "tracee/memory.h"
#include "tracee/ptrace.h"
#include "tracee/stub_image.h"

namespace bygone {

// A system call to be made by a tracee on our behalf.
struct RemoteCall {
  uint64_t number = 0;
  std::array<uint64_t, 6> arguments{};
  int64_t result = 0;
};

// `registers` with the call's arguments in their places (syscall(2)).
Registers with_arguments(Registers registers, const RemoteCall& call);

inline constexpr size_t kMaxRemoteCalls = 47;  // per round; longer lists take several
// Room on the data page for what the calls point at. Overwritten by nobody but its user.
inline constexpr Address kScratch{kDataPage.value + 48 * 64};
inline constexpr size_t kScratchBytes = 4096 - 48 * 64;

// Makes a tracee that holds bygone's pages run the calls in order, with one ptrace stop per round, and fills
// in their results. The task must be in a ptrace-stop; its registers are as before afterwards, a system call
// it was about to make is forgotten. Signals that arrive meanwhile are taken from it and appended to
// `arrived`. Fails with ErrorKind::not_found when the task is killed on the way.
Expected<void> run_remote_calls(pid_t tid, TraceeMemory& memory, std::span<RemoteCall> calls,
                                std::vector<siginfo_t>& arrived);

// Replaces the tracee's program by the stub, which it must hold open as `stub_fd`. Afterwards the task is at
// its PTRACE_EVENT_EXEC stop and `memory` follows the new address space.
Expected<void> exec_stub(pid_t tid, TraceeMemory& memory, int stub_fd);

}  // namespace bygone
