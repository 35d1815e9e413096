#include "query/names.h"

#include <fmt/core.h>
#include <sys/wait.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <ctime>
#include <utility>

namespace bygone::query {
namespace {

constexpr int kFirstRealTime = 32;
constexpr int kLastSignal = 64;
constexpr int kLastErrno = 133;

// Seen by tracers only (include/linux/errno.h): the call goes on or starts again after a signal.
constexpr std::pair<int, std::string_view> kRestarts[] = {
    {512, "ERESTARTSYS"}, {513, "ERESTARTNOINTR"}, {514, "ERESTARTNOHAND"}, {516, "ERESTART_RESTARTBLOCK"}};

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return char(std::toupper(c)); });
  return result;
}

}  // namespace

std::string signal_text(int64_t number) {
  if (number >= kFirstRealTime && number <= kLastSignal)
    return fmt::format("SIGRT{}", number - kFirstRealTime);
  const char* name = number > 0 && number < kFirstRealTime ? sigabbrev_np(int(number)) : nullptr;
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", number);
}

std::optional<int> signal_number(std::string_view name) {
  std::string wanted = upper(name);
  if (!wanted.starts_with("SIG")) wanted = "SIG" + wanted;
  for (int number = 1; number <= kLastSignal; ++number)
    if (signal_text(number) == wanted) return number;
  return std::nullopt;
}

std::string errno_text(int64_t number) {
  for (const auto& [restart, name] : kRestarts)
    if (restart == number) return std::string(name);
  const char* name = number > 0 && number <= kLastErrno ? strerrorname_np(int(number)) : nullptr;
  return name != nullptr ? name : "";
}

std::optional<int> errno_number(std::string_view name) {
  const std::string wanted = upper(name);
  if (wanted == "EWOULDBLOCK") return EAGAIN;
  if (wanted == "EDEADLOCK") return EDEADLK;
  for (const auto& [restart, restart_name] : kRestarts)
    if (restart_name == wanted) return restart;
  for (int number = 1; number <= kLastErrno; ++number)
    if (errno_text(number) == wanted) return number;
  return std::nullopt;
}

std::string status_text(int64_t wait_status) {
  const int status = int(wait_status);
  if (status != wait_status) return fmt::format("status {}", wait_status);
  if (WIFEXITED(status)) return fmt::format("exited {}", WEXITSTATUS(status));
  if (WIFSIGNALED(status))
    return fmt::format("killed by {}{}", signal_text(WTERMSIG(status)),
                       WCOREDUMP(status) ? ", core dumped" : "");
  return fmt::format("status {:#x}", unsigned(status));
}

std::string hex_text(uint64_t value) {
  char text[2 + 16] = {'0', 'x'};
  return {text, std::to_chars(text + 2, std::end(text), value, 16).ptr};
}

std::string time_text(int64_t epoch_ns) {
  const std::time_t seconds = epoch_ns / 1'000'000'000;
  std::tm utc{};
  if (epoch_ns <= 0 || gmtime_r(&seconds, &utc) == nullptr) return {};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string size_text(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::string_view kUnits[] = {"kB", "MB", "GB", "TB"};
  double value = double(bytes);
  size_t unit = 0;
  for (value /= 1000; value >= 1000 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace bygone::query
