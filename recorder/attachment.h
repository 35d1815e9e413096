#pragma once

#include <sched.h>
#include <sys/types.h>

#include <csignal>
#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "recorder/recorded_task.h"
#include "schema/memory_range.h"

namespace bygone {

// A thread's registration with rseq(2), as PTRACE_GET_RSEQ_CONFIGURATION tells it
// (include/uapi/linux/ptrace.h).
struct RseqRegistration {
  uint64_t area = 0;  // 0: none
  uint32_t size_bytes = 0;
  uint32_t signature = 0;
  uint32_t flags = 0;
  uint32_t reserved = 0;
};

// What was changed in a running process to record it, so that it can be undone.
struct Attachment {
  struct Thread {
    cpu_set_t processors;  // it may run on
    RseqRegistration rseq;
    std::vector<siginfo_t> arrived;  // while it was being seized
  };
  pid_t process = 0;  // among `threads`
  std::weak_ptr<RecordedSpace> space;
  std::map<pid_t, Thread> threads;
  MemoryRange vdso;  // empty for a program executed meanwhile: it does not know its own
  std::vector<std::byte> vdso_bytes;

  // That of a thread made while it is recorded: those of the first one.
  const cpu_set_t& processors_of(pid_t tid) const {
    const auto thread = threads.find(tid);
    return (thread != threads.end() ? thread : threads.find(process))->second.processors;
  }
};

}  // namespace bygone
