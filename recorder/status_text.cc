#include "recorder/status_text.h"

#include <fmt/format.h>

#include <string_view>

namespace bygone {
namespace {

// Puts `value` in place of the rest of the line that begins with `field`, if that is there, whole, and no
// shorter.
void replace_field(std::string& text, std::string_view field, std::string_view value) {
  const size_t at = text.find(field);
  if (at == text.npos) return;
  const size_t begin = at + field.size();
  const size_t end = text.find('\n', begin);
  if (end != text.npos && end - begin >= value.size()) text.replace(begin, end - begin, value);
}

}  // namespace

std::string as_untraced(std::string text, const StatusShown& shown) {
  // Who waits for its turn is held in a tracing stop, and could run.
  const char state = shown.traced_stop ? 't' : shown.job_stopped ? 'T' : 'R';
  if (text.starts_with("Name:\t")) {
    if (text.find("\nState:\tt") != text.npos && state != 't')
      replace_field(text, "\nState:\t", state == 'T' ? "T (stopped)" : "R (running)");
    replace_field(text, "\nTracerPid:\t", std::to_string(shown.tracer));
    if (shown.own_mask) replace_field(text, "\nSigBlk:\t", fmt::format("{:016x}", *shown.own_mask));
    return text;
  }
  // "PID (NAME) STATE ...", where NAME may hold whatever it likes.
  const bool is_stat = !text.empty() && text[0] >= '1' && text[0] <= '9' && text.find(" (") != text.npos;
  const size_t name_end = is_stat ? text.rfind(") ") : text.npos;
  if (name_end != text.npos && name_end + 2 < text.size() && text[name_end + 2] == 't')
    text[name_end + 2] = state;
  return text;
}

}  // namespace bygone
