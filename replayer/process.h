#pragma once

#include <sys/types.h>

#include "schema/error.h"

namespace bygone {

// Descriptors every replayed process holds: the stub it executes, and the socket on which the files it is to
// map are passed to it. It has no others, no terminal and no access to anything.
inline constexpr int kStubDescriptor = 3;
inline constexpr int kFileDescriptor = 4;

// The replayer's end of the two. Kept open as long as processes are made.
class ProcessMaker {
 public:
  static Expected<ProcessMaker> create();
  ProcessMaker(ProcessMaker&& other) noexcept;
  ProcessMaker& operator=(ProcessMaker&&) = delete;
  ~ProcessMaker();

  // A new process that executes the stub and stands at its PTRACE_EVENT_EXEC stop.
  Expected<pid_t> make();
  // Puts `fds` on the socket, to be taken out by one recvmsg(2) of a replayed process.
  Expected<void> pass(const int* fds, size_t count);

 private:
  ProcessMaker(int stub, int ours, int theirs) : stub_(stub), ours_(ours), theirs_(theirs) {}
  int stub_;
  int ours_;
  int theirs_;
};

// Ends a process of the replay and waits until it is gone.
void end_process(pid_t pid);

}  // namespace bygone
