#include "query/strace_arguments.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>

#include <algorithm>

#include "query/flag_names.h"
#include "query/kernel_structures.h"
#include "query/names.h"

namespace bygone::query {
namespace {

constexpr size_t kMostArguments = 6;
constexpr uint64_t kShownBytes = 32;
constexpr uint64_t kShownStrings = 32;
constexpr uint64_t kMostStrings = 65536;

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty() && words.size() < kMostArguments) {
    const size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string_view as_text(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string address_text(uint64_t value) {
  return value == 0 ? "NULL" : hex_text(value);
}

std::string number_text(std::string_view word, uint64_t value) {
  if (word == "fd") return int32_t(value) == AT_FDCWD ? "AT_FDCWD" : fmt::format("{}", int32_t(value));
  // An int's upper half is whatever the register held.
  if (word == "int")
    return value <= UINT32_MAX ? fmt::format("{}", int32_t(value)) : fmt::format("{}", int64_t(value));
  if (word == "uint") return fmt::format("{}", value);
  if (word == "mode") return fmt::format("0{:o}", uint32_t(value) & 07777);
  if (word == "sig") return value == 0 ? "0" : signal_text(int64_t(int32_t(value)));
  if (word == "hex") return value == 0 ? "0" : hex_text(value);
  return flag_text(word, value).value_or(address_text(value));
}

std::string hex_bytes(std::string_view bytes) {
  std::string text = "\"";
  for (const char c : bytes.substr(0, kShownBytes)) text += fmt::format("\\x{:02x}", uint8_t(c));
  return text + (bytes.size() > kShownBytes ? "\"..." : "\"");
}

}  // namespace

StraceArguments::StraceArguments(std::string_view signature, const FullFrame& full, CallMemory& memory)
    : words_(split(signature)), full_(full), memory_(memory) {
  memory_.at(full);
  if (words_.size() < 2 || !full.registers) return;
  if (words_[1] == "futex") narrow_futex();
  if (words_[1] == "fcntl") narrow_fcntl();
  // open(2) has a mode only where it makes a file.
  if (words_.back() != "mode" || words_[words_.size() - 2] != "open") return;
  const uint64_t flags = value(words_.size() - 2);
  const bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  if (!makes) words_.pop_back();
}

// How many arguments there are, and what the fourth is, depends on the command.
void StraceArguments::narrow_futex() {
  const uint64_t command = value(1) & FUTEX_CMD_MASK;
  if (command == FUTEX_WAKE) words_.resize(3);
  if (command == FUTEX_WAIT) words_.resize(4);
  if (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET) words_[3] = "timespec";
  if (command == FUTEX_WAIT_BITSET) words_[5] = "hex";
}

void StraceArguments::narrow_fcntl() {
  switch (value(1)) {
    case F_GETFD:
    case F_GETFL:
    case F_GETOWN:
      words_.resize(2);
      break;
    case F_SETFD:
      words_[2] = "fdflags";
      break;
    case F_SETFL:
      words_[2] = "open";
      break;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      words_[2] = "int";
      break;
    default:
      break;
  }
}

// clone(2) names its arguments, in an order of its own.
std::string StraceArguments::clone_arguments() const {
  const uint64_t flags = value(0);
  std::string text =
      fmt::format("child_stack={}, flags={}", address_text(value(1)), number_text("clone", flags));
  if ((flags & CLONE_PARENT_SETTID) != 0) text += fmt::format(", parent_tid={}", address_text(value(2)));
  if ((flags & CLONE_SETTLS) != 0) text += fmt::format(", tls={}", address_text(value(4)));
  if ((flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) != 0)
    text += fmt::format(", child_tidptr={}", address_text(value(3)));
  return text;
}

std::string StraceArguments::given() {
  if (!words_.empty() && words_.front() == "clone") return clone_arguments();
  std::string text;
  for (size_t i = 0; i < words_.size(); ++i) {
    if (words_[i].front() == '>') return text;
    text += argument(i) + (i + 1 < words_.size() ? ", " : "");
  }
  return text;
}

std::string StraceArguments::filled() {
  const auto first =
      std::find_if(words_.begin(), words_.end(), [](auto word) { return word.front() == '>'; });
  std::string text;
  for (auto i = size_t(first - words_.begin()); i < words_.size(); ++i)
    text += argument(i) + (i + 1 < words_.size() ? ", " : "");
  return text;
}

std::string StraceArguments::outcome() {
  if (words_.empty() || words_.front() != "pollfds" || full_.frame.result.value_or(0) <= 0) return {};
  const auto found = memory_.written(value(0), std::min<uint64_t>(value(1), kShownStrings) * sizeof(pollfd));
  return found ? fmt::format(" ({})", pollfds_text(*found, PollPart::revents)) : std::string();
}

std::string StraceArguments::argument(size_t i) {
  const std::string_view word = words_[i];
  if (word.front() == '>') return filled_argument(i, word.substr(1));
  const uint64_t address = value(i);
  if (word == "path" || word == "string") {
    const auto text = address == 0     ? std::nullopt
                      : word == "path" ? memory_.path(i, address)
                                       : memory_.text(address);
    return text ? quoted_whole(*text) : address_text(address);
  }
  if (word == "argv") return strings(address);
  if (word == "envp") return environment(address);
  const uint64_t size = i + 1 < words_.size() ? value(i + 1) : 0;
  if (word == "buf") return buffer(address, size);
  if (word == "iovec") return vector(address, size, UINT64_MAX);
  if (word == "sockaddr" || word == "pollfds") {
    const bool is_poll = word == "pollfds";
    const uint64_t wanted =
        is_poll ? std::min<uint64_t>(size, kShownStrings) * sizeof(pollfd) : std::min<uint64_t>(size, 128);
    const auto bytes = address == 0 || wanted == 0 ? std::nullopt : memory_.bytes(address, wanted);
    if (!bytes) return address_text(address);
    return is_poll ? pollfds_text(*bytes, PollPart::events) : sockaddr_text(*bytes);
  }
  if (const auto structure = kernel_structure(word)) {
    const auto bytes = address == 0 ? std::nullopt : memory_.bytes(address, structure->size_bytes);
    return bytes && bytes->size() == structure->size_bytes ? structure->text(*bytes) : address_text(address);
  }
  return number_text(word, address);
}

std::string StraceArguments::filled_argument(size_t i, std::string_view kind) {
  const uint64_t address = value(i);
  const int64_t result = full_.frame.result.value_or(-1);
  if (kind == "remainder") {  // of a sleep that was interrupted
    const auto rest = memory_.written(address, 16);
    return rest && address != 0 ? kernel_structure("timespec")->text(*rest) : address_text(address);
  }
  if (result < 0 || address == 0) return address_text(address);
  if (kind == "buf") return buffer(address, uint64_t(result));
  if (kind == "string") {
    const auto bytes = memory_.written(address, uint64_t(result));
    return bytes ? quoted_whole(as_text(*bytes).substr(0, as_text(*bytes).find('\0')))
                 : address_text(address);
  }
  if (kind == "hexbuf") {
    const auto bytes = memory_.written(address, uint64_t(result));
    return bytes ? hex_bytes(as_text(*bytes)) : address_text(address);
  }
  if (kind == "iovec") return vector(address, i + 1 < words_.size() ? value(i + 1) : 0, uint64_t(result));
  if (kind == "sockaddr") {
    for (const WriteWithBytes& write : full_.writes)
      if (write.row.address.value == address && write.bytes.size() >= 2) return sockaddr_text(write.bytes);
    return address_text(address);
  }
  const auto structure = kernel_structure(kind);
  const auto bytes = structure ? memory_.written(address, structure->size_bytes) : std::nullopt;
  return bytes ? structure->text(*bytes) : address_text(address);
}

std::string StraceArguments::buffer(uint64_t address, uint64_t size_bytes) {
  if (size_bytes == 0) return address == 0 ? "NULL" : "\"\"";
  // One more than is shown tells that there is more.
  const auto bytes = memory_.bytes(address, std::min(size_bytes, kShownBytes + 1));
  return bytes ? quoted_bytes(as_text(*bytes)) : address_text(address);
}

std::string StraceArguments::vector(uint64_t address, uint64_t count, uint64_t size_bytes) {
  std::string text;
  for (uint64_t i = 0; i < std::min<uint64_t>(count, IOV_MAX); ++i) {
    const auto base = memory_.word(address + i * 16);
    const auto length = memory_.word(address + i * 16 + 8);
    if (!base || !length) return address_text(address);
    if (i == kShownStrings) return "[" + text + ", ...]";
    const uint64_t held = std::min(*length, size_bytes);
    size_bytes -= size_bytes == UINT64_MAX ? 0 : held;
    text += fmt::format("{}{{iov_base={}, iov_len={}}}", i == 0 ? "" : ", ", buffer(*base, held), *length);
  }
  return "[" + text + "]";
}

std::string StraceArguments::strings(uint64_t address) {
  std::string text;
  for (uint64_t i = 0; i <= kShownStrings; ++i) {
    const auto pointer = memory_.word(address + i * sizeof(uint64_t));
    if (!pointer) return address_text(address);
    if (*pointer == 0) break;
    if (i == kShownStrings) return "[" + text + ", ...]";
    const auto string = memory_.text(*pointer);
    text += fmt::format("{}{}", i == 0 ? "" : ", ", string ? quoted_bytes(*string) : hex_text(*pointer));
  }
  return "[" + text + "]";
}

std::string StraceArguments::environment(uint64_t address) {
  if (address == 0) return "NULL";
  uint64_t count = 0;
  for (; count < kMostStrings; ++count) {
    const auto pointer = memory_.word(address + count * sizeof(uint64_t));
    if (!pointer) return address_text(address);
    if (*pointer == 0) break;
  }
  return fmt::format("{} /* {} var{} */", hex_text(address), count, count == 1 ? "" : "s");
}

}  // namespace bygone::query
