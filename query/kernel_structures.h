#pragma once

// Structures of the kernel (x86-64) as strace(1) writes them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bygone::query {

// `kind` is one of stat, statx, clone_args, timespec, timeval, sigset, sigaction, rlimit, fds, status,
// uname.
struct KernelStructure {
  uint64_t size_bytes;
  std::string (*text)(std::span<const std::byte> bytes);  // of at least so many
};
std::optional<KernelStructure> kernel_structure(std::string_view kind);

// As many bytes of a struct sockaddr as were given.
std::string sockaddr_text(std::span<const std::byte> bytes);
// "{si_signo=SIGCHLD, si_code=CLD_EXITED, ...}"; from what is known of it.
std::string siginfo_text(int32_t signal, int32_t code, std::span<const std::byte> siginfo);
// struct pollfd[]: what was asked for, or what came of it.
enum class PollPart { events, revents };
std::string pollfds_text(std::span<const std::byte> bytes, PollPart part);

// The first 32 bytes between quotes, with escapes as in C.
std::string quoted_bytes(std::string_view bytes);
std::string quoted_whole(std::string_view bytes);

}  // namespace bygone::query
