#pragma once

// Numbers of the recorded kernel as the words people know. System calls are named by the recording itself.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bygone::query {

// "SIGSEGV", "SIGRT2" for SIGRTMIN+2 as the kernel counts (32 is SIGRT0), "signal 99" for what is no signal.
std::string signal_text(int64_t number);
// Accepts "SIGSEGV", "sigsegv", "SEGV" and "SIGRT2".
std::optional<int> signal_number(std::string_view name);

// "ENOENT" for 2, also the kernel's own ERESTARTSYS and kin; "" if unknown.
std::string errno_text(int64_t number);
std::optional<int> errno_number(std::string_view name);
// Whether a call's result is a negative error number (MAX_ERRNO, include/linux/err.h).
constexpr bool is_error_result(int64_t result) {
  return result < 0 && result >= -4095;
}

// A wait(2) status: "exited 0", "killed by SIGSEGV", "killed by SIGSEGV, core dumped".
std::string status_text(int64_t wait_status);

// "0x7f12a000"
std::string hex_text(uint64_t value);

// "2026-11-23T15:04:05Z" for ns since the epoch; "" for what is no time of this era.
std::string time_text(int64_t epoch_ns);

// "812 B", "1.4 MB"
std::string size_text(uint64_t bytes);

}  // namespace bygone::query
