#include "cli/output.h"

#include <sqlite3.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace bygone::cli {
namespace {

constexpr size_t kBufferBytes = 64 << 10;

[[noreturn]] void end_by_broken_pipe() {
  std::signal(SIGPIPE, SIG_DFL);
  sigset_t only_pipe;
  sigemptyset(&only_pipe);
  sigaddset(&only_pipe, SIGPIPE);
  sigprocmask(SIG_UNBLOCK, &only_pipe, nullptr);
  std::raise(SIGPIPE);
  _exit(128 + SIGPIPE);
}

}  // namespace

Expected<void> StandardOutput::write(std::string_view text) {
  buffer_ += text;
  return buffer_.size() < kBufferBytes ? Expected<void>{} : flush();
}

Expected<void> StandardOutput::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(size_t(written));
    } else if (errno == EPIPE) {
      end_by_broken_pipe();
    } else if (errno != EINTR) {
      const int error = errno;
      buffer_.clear();
      return fail(ErrorKind::io, "standard output", std::strerror(error));
    }
  }
  buffer_.clear();
  return {};
}

size_t terminal_width() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

void limit_answers() {
  sqlite3_hard_heap_limit64(int64_t(1) << 30);
}

bool terminal_has_colour() {
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::strcmp(terminal, "dumb") == 0;
  return !dumb && (refused == nullptr || *refused == '\0');
}

}  // namespace bygone::cli
