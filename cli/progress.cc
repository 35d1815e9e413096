#include "cli/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "query/names.h"

namespace bygone::cli {
namespace {

constexpr auto kSilence = std::chrono::seconds(1);
constexpr auto kInterval = std::chrono::milliseconds(100);

void show(const std::string& text) {
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

std::string progress_text(uint64_t done_events, uint64_t total_events, uint64_t size_bytes,
                          double elapsed_seconds) {
  const double done = double(done_events);
  const double share = total_events == 0 ? 1 : std::min(1.0, done / double(total_events));
  const double seconds = std::max(elapsed_seconds, 1e-3);
  std::string text = fmt::format("{:3.0f}%  {}/{} events  {:.0f} events/s  {}/s of {}", share * 100,
                                 done_events, total_events, done / seconds,
                                 query::size_text(uint64_t(share * double(size_bytes) / seconds)),
                                 query::size_text(size_bytes));
  if (share > 0.01 && share < 1) text += fmt::format("  {:.0f} s left", seconds / share - seconds);
  return text;
}

Progress::Progress(uint64_t total_events, uint64_t size_bytes)
    : total_events_(total_events),
      size_bytes_(size_bytes),
      shown_on_terminal_(isatty(STDERR_FILENO) != 0),
      start_(Clock::now()),
      next_(start_ + kSilence) {}

Progress::~Progress() {
  if (drawn_) show("\r\033[K");
}

void Progress::update(uint64_t done_events) {
  if (!shown_on_terminal_) return;
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  drawn_ = true;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  // The cursor goes back to the start of the line: what the program says next takes its place.
  show("\r\033[K" + progress_text(done_events, total_events_, size_bytes_, elapsed) + "\r");
}

}  // namespace bygone::cli
