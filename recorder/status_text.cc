#include "recorder/status_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace bygone {
namespace {

constexpr std::string_view kState = "State:\t", kTracer = "TracerPid:\t", kBlocked = "SigBlk:\t";
constexpr std::string_view kFields[] = {kState, kTracer, kBlocked};

// Who waits for its turn is held in a tracing stop, and could run.
char state_of(const StatusShown& shown) {
  return shown.traced_stop ? 't' : shown.job_stopped ? 'T' : 'R';
}

// What stands behind `field` in its line; empty where there is no such whole line.
std::string_view value_of(std::string_view text, std::string_view field) {
  size_t at = text.starts_with(field) ? 0 : text.find('\n' + std::string(field));
  if (at == text.npos) return {};
  at += field.size() + (at == 0 && text.starts_with(field) ? 0 : 1);
  const size_t end = text.find('\n', at);
  return end == text.npos ? std::string_view{} : text.substr(at, end - at);
}

void replace_value(std::string& text, std::string_view field, std::string_view value) {
  const std::string_view old = value_of(text, field);
  if (old.size() < value.size()) return;
  const size_t at = size_t(old.data() - text.data());
  const size_t size = old.size();
  std::fill_n(text.begin() + ptrdiff_t(at), size, ' ');
  std::copy(value.begin(), value.end(), text.begin() + ptrdiff_t(at));
}

}  // namespace

bool may_tell_of_tracing(const std::string& text) {
  if (untraced_stat(text, {}) != text) return true;
  return std::any_of(std::begin(kFields), std::end(kFields),
                     [&](auto field) { return text.find(field) != text.npos; });
}

std::string untraced_stat(std::string text, const StatusShown& shown) {
  // "PID (NAME) STATE ...", where NAME may hold whatever it likes.
  const bool is_start = !text.empty() && text[0] >= '1' && text[0] <= '9' && text.find(" (") != text.npos;
  const size_t name_end = is_start ? text.rfind(") ") : text.npos;
  if (name_end != text.npos && name_end + 2 < text.size() && text[name_end + 2] == 't')
    text[name_end + 2] = state_of(shown);
  return text;
}

std::string untraced_status(std::string text, const StatusShown& shown) {
  const char state = state_of(shown);
  if (value_of(text, kState).starts_with('t') && state != 't')
    replace_value(text, kState, state == 'T' ? "T (stopped)" : "R (running)");
  replace_value(text, kTracer, std::to_string(shown.tracer));
  if (shown.own_mask) replace_value(text, kBlocked, fmt::format("{:016x}", *shown.own_mask));
  return text;
}

}  // namespace bygone
