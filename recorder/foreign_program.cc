#include "recorder/foreign_program.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string_view>

namespace bygone {

namespace {

// The beginning of a regular file; as much as the kernel looks at (BINPRM_BUF_SIZE).
std::string beginning_of(pid_t tid, const std::string& path) {
  const int root = open(fmt::format("/proc/{}/root", tid).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return {};
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  const int found = int(syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
  close(root);
  if (found < 0) return {};
  struct stat st;
  const bool regular = fstat(found, &st) == 0 && S_ISREG(st.st_mode);
  const int fd = regular ? open(fmt::format("/proc/self/fd/{}", found).c_str(), O_RDONLY | O_CLOEXEC) : -1;
  close(found);
  if (fd < 0) return {};
  std::string text(256, '\0');
  const ssize_t size = read(fd, text.data(), text.size());
  close(fd);
  text.resize(size > 0 ? size_t(size) : 0);
  return text;
}

std::optional<std::string> interpreter_of(std::string_view script) {
  if (!script.starts_with("#!")) return std::nullopt;
  const size_t start = script.find_first_not_of(" \t", 2);
  if (start == std::string_view::npos) return std::nullopt;
  const size_t end = script.find_first_of(" \t\n", start);
  return end == std::string_view::npos ? std::nullopt
                                       : std::optional(std::string(script.substr(start, end - start)));
}

}  // namespace

bool is_32_bit_program(pid_t tid, const std::string& path) {
  constexpr int kMostInterpreters = 5;  // fs/exec.c
  std::string text = beginning_of(tid, path);
  for (int i = 0; i < kMostInterpreters; ++i) {
    const auto interpreter = interpreter_of(text);
    if (!interpreter) break;
    text = beginning_of(tid, *interpreter);
  }
  Elf32_Ehdr header;
  if (text.size() < sizeof header || !text.starts_with(ELFMAG)) return false;
  std::memcpy(&header, text.data(), sizeof header);
  constexpr int k486 = 6;  // EM_486, which old headers have
  return header.e_machine == EM_386 || header.e_machine == k486;
}

}  // namespace bygone
