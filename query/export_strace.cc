#include <fmt/core.h>

#include <cstring>
#include <map>

#include "query/call_names.h"
#include "query/call_signatures.h"
#include "query/export.h"
#include "query/names.h"
#include "query/select.h"
#include "query/text.h"

namespace bygone::query {
namespace {

constexpr size_t kShownBytes = 32;
constexpr int64_t kLastErrno = 4095;
// The program an exec made: the executable of the address space that began with it.
constexpr const char* kPrograms =
    "SELECT a.first_event, m.path FROM main.address_space AS a JOIN main.mapping AS m ON m.address_space = "
    "a.id "
    "AND m.first_event = a.first_event AND m.kind = 1 WHERE a.parent = 0";

std::string quoted(const std::vector<std::byte>& bytes) {
  const std::string text(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kShownBytes));
  std::string escaped;
  for (const char c : table_text(text)) escaped += c == '"' ? std::string("\\\"") : std::string(1, c);
  return "\"" + escaped + "\"" + (bytes.size() > kShownBytes ? "..." : "");
}

std::string result_text(int64_t result, std::string_view call) {
  if (result < 0 && result >= -kLastErrno) {
    const std::string name = errno_text(-result);
    const char* meaning = strerrordesc_np(int(-result));
    const std::string_view failure = result <= -512 ? "?" : "-1";
    return fmt::format("{} {} ({})", failure, name, meaning != nullptr ? meaning : "to be restarted");
  }
  const bool address = call == "mmap" || call == "brk" || call == "mremap";
  return address ? hex_text(uint64_t(result)) : fmt::format("{}", result);
}

class StraceText {
 public:
  StraceText(CallNames names, std::map<uint64_t, std::string> programs)
      : names_(std::move(names)), programs_(std::move(programs)) {}

  // The frame as a line; empty for frames strace has nothing like.
  std::string line(const FullFrame& full) {
    const std::string text = body(full);
    if (text.empty()) return text;
    return fmt::format("{} {}.{:06} {}\n", full.frame.task.value, full.frame.time_ns / 1'000'000'000,
                       full.frame.time_ns / 1000 % 1'000'000, text);
  }

 private:
  std::string body(const FullFrame& full) {
    const Frame& frame = full.frame;
    switch (frame.kind) {
      case FrameKind::syscall:
      case FrameKind::clone:
        return call(full);
      case FrameKind::enter:
        unfinished_[frame.task] = frame.call;
        return fmt::format("{}({} <unfinished ...>", name(frame), arguments(full, /*written=*/false));
      case FrameKind::exec:
        return exec(frame);
      case FrameKind::signal:
        return full.signal ? fmt::format("--- {0} {{si_signo={0}, si_code={1}}} ---",
                                         signal_text(full.signal->signal), full.signal->code)
                           : fmt::format("--- {} ---", signal_text(frame.call.value_or(0)));
      case FrameKind::exit:
        return exit(frame);
      default:
        return {};
    }
  }

  std::string name(const Frame& frame) const { return frame.call ? names_.name(*frame.call) : "?"; }

  std::string call(const FullFrame& full) {
    const Frame& frame = full.frame;
    const std::string result = frame.result ? result_text(*frame.result, name(frame)) : "?";
    const auto unfinished = unfinished_.find(frame.task);
    const bool resumed = unfinished != unfinished_.end() && unfinished->second == frame.call;
    if (unfinished != unfinished_.end()) unfinished_.erase(unfinished);
    if (resumed) return fmt::format("<... {} resumed>) = {}", name(frame), result);
    return fmt::format("{}({}) = {}", name(frame), arguments(full, /*written=*/true), result);
  }

  // After a call the argument registers still hold what they did (syscall(2)).
  std::string arguments(const FullFrame& full, bool written) const {
    const auto signature = call_signature(name(full.frame));
    if (!signature || !full.registers) return "...";
    std::string text;
    for (size_t i = 0; i < signature->size(); ++i) {
      const uint64_t value = full.registers->argument(i);
      text += i == 0 ? "" : ", ";
      const auto* bytes =
          written && (*signature)[i] == 'p' && value != 0 ? bytes_at(full, value, i) : nullptr;
      text += bytes != nullptr ? quoted(*bytes) : argument_text((*signature)[i], value);
    }
    return text;
  }

  static const std::vector<std::byte>* bytes_at(const FullFrame& full, uint64_t address, size_t argument) {
    for (const WriteWithBytes& write : full.writes)
      if (write.row.address.value == address) return &write.bytes;
    // What went to standard output or error is the buffer of a write(2).
    return argument == 1 && full.outputs.size() == 1 ? &full.outputs.front().bytes : nullptr;
  }

  std::string exec(const Frame& frame) const {
    const auto program = programs_.find(frame.event.value);
    if (program == programs_.end()) return fmt::format("{}(...) = 0", name(frame));
    return fmt::format("{}({}, ...) = 0", name(frame), json_string(program->second));
  }

  static std::string exit(const Frame& frame) {
    std::string status = status_text(frame.result.value_or(0));
    if (status.starts_with("exited ")) return fmt::format("+++ exited with {} +++", status.substr(7));
    if (const size_t core = status.find(", core dumped"); core != std::string::npos)
      status = status.substr(0, core) + " (core dumped)";
    return fmt::format("+++ {} +++", status);
  }

  const CallNames names_;
  const std::map<uint64_t, std::string> programs_;
  std::map<Tid, std::optional<int32_t>> unfinished_;
};

}  // namespace

Expected<void> export_strace(RecordingReader& recording, const TextSink& out) {
  BYGONE_ASSIGN(CallNames names, CallNames::read(recording));
  BYGONE_ASSIGN(const auto rows, select_rows(recording.connection(), kPrograms));
  std::map<uint64_t, std::string> programs;
  for (const Row& row : rows) {
    const auto* event = std::get_if<int64_t>(&row[0]);
    const auto* path = std::get_if<std::string>(&row[1]);
    if (event != nullptr && path != nullptr) programs.emplace(uint64_t(*event), *path);
  }
  StraceText text(std::move(names), std::move(programs));
  if (recording.last_event().value == 0) return {};
  return recording.for_each_full_frame(recording.first_event(), recording.last_event(),
                                       [&](FullFrame& full) -> Expected<bool> {
                                         BYGONE_TRY(out(text.line(full)));
                                         return true;
                                       });
}

}  // namespace bygone::query
