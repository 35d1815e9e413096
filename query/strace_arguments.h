#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/call_memory.h"

namespace bygone::query {

// The arguments of a system call as strace(1) writes them. The words a signature (call_signatures.h) has:
//   fd int uint hex mode sig ptr    numbers; a descriptor, a permission in octal, a signal, an address
//   path string                     up to a zero byte
//   buf iovec sockaddr              bytes, as many as the next argument says
//   hexbuf                          the same, as numbers
//   argv envp                       lists of strings
//   pollfds, what kernel_structure() knows, and the sets flag_text() knows
// After ">" it is what the kernel fills: shown once the call has succeeded.
class StraceArguments {
 public:
  // After a call the argument registers still hold what they did (syscall(2)).
  StraceArguments(std::string_view signature, const FullFrame& full, CallMemory& memory);

  // Those that can be told when the call begins; behind them a comma where others follow.
  std::string given();
  // The others, once it is over.
  std::string filled();
  // What follows the result: which descriptors poll(2) found ready.
  std::string outcome();

 private:
  void narrow_futex();
  void narrow_fcntl();
  std::string clone_arguments() const;
  std::string argument(size_t i);
  std::string filled_argument(size_t i, std::string_view kind);
  std::string buffer(uint64_t address, uint64_t size_bytes);
  std::string vector(uint64_t address, uint64_t count, uint64_t size_bytes);
  std::string strings(uint64_t address);
  std::string environment(uint64_t address);
  uint64_t value(size_t i) const { return full_.registers->argument(i); }

  std::vector<std::string_view> words_;
  const FullFrame& full_;
  CallMemory& memory_;
};

}  // namespace bygone::query
