#pragma once

#include <linux/filter.h>

#include <memory>
#include <optional>
#include <vector>

#include "schema/registers.h"
#include "tracee/memory.h"
#include "tracee/ptrace.h"

namespace bygone {

// The seccomp(2) filters of a task, as the kernel runs them: all of them at every call, and the strictest
// answer counts. They see a call's number and the values of its arguments, nothing of memory. Handed down to
// whoever a task makes, never taken off.
class SeccompFilters {
 public:
  using Shared = std::shared_ptr<const SeccompFilters>;  // nullptr: none

  // A task that had `older` installs another one, as the call says that has just succeeded.
  static Shared after(const Registers& call, TraceeMemory& memory, const Shared& older);
  // Those of a task that has come with them: seen where PTRACE_SECCOMP_GET_FILTER is allowed
  // (CAP_SYS_ADMIN, and no filter of our own).
  static Shared of(pid_t tid);

  enum class Answer {
    is_made,
    is_kept_out,  // it fails, or seems to succeed, or a signal is raised
    is_asked,     // a tracer or a supervisor decides
    unknown,
  };
  Answer answer(const Registers& call) const;
  // Whether somebody may be asked, at whatever call.
  bool may_ask() const;
  // `call` with the number and arguments of one that does nothing and would be made. SECCOMP_RET_KILL may be
  // the answer to number -1, which says to the kernel that a call is not to be made. Filters that are unknown
  // are taken to let it pass. Nothing where the others do not.
  std::optional<Registers> harmless(Registers call) const;

 private:
  using Program = std::vector<sock_filter>;
  SeccompFilters() = default;
  Answer answer_of_known(const Registers& call) const;

  std::vector<Program> programs_;
  bool strict_ = false;   // SECCOMP_MODE_STRICT
  bool unknown_ = false;  // there are others
};

// While it lives the task's filters let the recorder's own calls pass, where the kernel allows that.
class SuspendedFilters {
 public:
  SuspendedFilters(pid_t tid, const SeccompFilters::Shared& filters, WhenTracerDies when);
  ~SuspendedFilters();
  SuspendedFilters(const SuspendedFilters&) = delete;
  SuspendedFilters& operator=(const SuspendedFilters&) = delete;

  bool are_suspended() const { return suspended_; }

 private:
  pid_t tid_;
  WhenTracerDies when_;
  bool suspended_;
};

// What one filter returns (SECCOMP_RET_* with its data) for a call; nothing if the program is not one the
// kernel accepts.
std::optional<uint32_t> run_seccomp_filter(const std::vector<sock_filter>& program, const Registers& call);

}  // namespace bygone
