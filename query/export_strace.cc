#include <fmt/core.h>

#include <cstring>
#include <map>

#include "query/call_memory.h"
#include "query/call_names.h"
#include "query/call_signatures.h"
#include "query/export.h"
#include "query/initial_stack.h"
#include "query/kernel_structures.h"
#include "query/names.h"
#include "query/select.h"
#include "query/strace_arguments.h"

namespace bygone::query {
namespace {

constexpr size_t kResultColumn = 40;
// The program an exec made: the executable of the address space that began with it.
constexpr const char* kPrograms =
    "SELECT a.first_event, a.id, (SELECT m.path FROM main.mapping AS m WHERE m.address_space = a.id AND "
    "m.first_event = a.first_event AND m.kind = 1 LIMIT 1) FROM main.address_space AS a WHERE a.parent = 0";

struct Program {
  AddressSpaceId space;
  std::string path;
};

// What the kernel tells itself where a signal interrupts a call; programs never see it.
std::string_view restart_text(int64_t error) {
  switch (error) {
    case 512:
      return "To be restarted if SA_RESTART is set";
    case 514:
      return "To be restarted if no handler";
    case 516:
      return "Interrupted by signal";
    default:
      return "To be restarted";
  }
}

std::string result_text(int64_t result, std::string_view call) {
  if (is_error_result(result)) {
    const std::string name = errno_text(-result);
    if (result <= -512) return fmt::format("? {} ({})", name, restart_text(-result));
    const char* meaning = strerrordesc_np(int(-result));
    return fmt::format("-1 {} ({})", name, meaning != nullptr ? meaning : "Unknown error");
  }
  const bool address = call == "mmap" || call == "brk" || call == "mremap" || call == "shmat";
  return address ? hex_text(uint64_t(result)) : fmt::format("{}", result);
}

class StraceText {
 public:
  StraceText(RecordingReader& recording, CallMemory memory, CallNames names,
             std::map<uint64_t, Program> programs)
      : recording_(recording),
        memory_(std::move(memory)),
        names_(std::move(names)),
        programs_(std::move(programs)) {}

  // The lines this frame completes; none for frames strace has nothing like.
  Expected<std::string> lines(const FullFrame& full) {
    const Frame& frame = full.frame;
    if (!is_shown(frame.kind)) return std::string();
    // A call that is over before anybody else is heard of is one line.
    if (pending_ && pending_->task == frame.task && pending_->call == frame.call && returns(frame.kind)) {
      const Pending begun = *std::exchange(pending_, std::nullopt);
      if (frame.kind == FrameKind::exec) return line(begun.prefix + begun.text, "0");
      return line(begun.prefix + begun.text + rest(full), result(full));
    }
    std::string text = flush();
    // A clone frame is a call in progress: its return is an event of its own.
    if (frame.kind == FrameKind::enter || frame.kind == FrameKind::clone) {
      pending_ = Pending{frame.task, frame.call, prefix(frame), name(frame) + "(" + given(full)};
      return text;
    }
    BYGONE_ASSIGN(const std::string own, body(full));
    return text + own;
  }

  // A call that others or the end of the recording came between.
  std::string flush() {
    if (!pending_) return {};
    const Pending begun = *std::exchange(pending_, std::nullopt);
    unfinished_[begun.task] = begun.call;
    return begun.prefix + begun.text + " <unfinished ...>\n";
  }

 private:
  struct Pending {
    Tid task;
    std::optional<int32_t> call;
    std::string prefix;
    std::string text;
  };

  static bool is_shown(FrameKind kind) {
    return returns(kind) || kind == FrameKind::enter || kind == FrameKind::clone ||
           kind == FrameKind::signal || kind == FrameKind::exit;
  }
  static bool returns(FrameKind kind) { return kind == FrameKind::syscall || kind == FrameKind::exec; }

  static std::string prefix(const Frame& frame) {
    return fmt::format("{} {}.{:06} ", frame.task.value, frame.time_ns / 1'000'000'000,
                       frame.time_ns / 1000 % 1'000'000);
  }

  static std::string line(std::string text, const std::string& result) {
    return fmt::format("{:<{}}= {}\n", text + ") ", kResultColumn, result);
  }

  std::string name(const Frame& frame) const { return frame.call ? names_.name(*frame.call) : "?"; }

  std::string given(const FullFrame& full) { return arguments(full, &StraceArguments::given, "..."); }
  std::string rest(const FullFrame& full) { return arguments(full, &StraceArguments::filled, ""); }
  std::string arguments(const FullFrame& full, std::string (StraceArguments::*part)(), std::string unknown) {
    const auto signature = call_signature(name(full.frame));
    if (!signature || !full.registers) return unknown;
    return (StraceArguments(*signature, full, memory_).*part)();
  }

  std::string result(const FullFrame& full) {
    if (!full.frame.result) return "?";
    const auto signature = call_signature(name(full.frame));
    std::string text = result_text(*full.frame.result, name(full.frame));
    if (signature && full.registers) text += StraceArguments(*signature, full, memory_).outcome();
    return text;
  }

  Expected<std::string> body(const FullFrame& full) {
    const Frame& frame = full.frame;
    switch (frame.kind) {
      case FrameKind::syscall:
        return call(full);
      case FrameKind::exec:
        return exec(full);
      case FrameKind::signal: {
        const std::string told =
            full.signal ? " " + siginfo_text(full.signal->signal, full.signal->code, full.siginfo) : "";
        return fmt::format("{}--- {}{} ---\n", prefix(frame), signal_text(frame.call.value_or(0)), told);
      }
      case FrameKind::exit:
        return prefix(frame) + exit(frame);
      default:
        return std::string();
    }
  }

  std::string call(const FullFrame& full) {
    const Frame& frame = full.frame;
    const std::string begin = resumes(frame) ? fmt::format("<... {} resumed>", name(frame))
                                             : fmt::format("{}({}", name(frame), given(full));
    return line(prefix(frame) + begin + rest(full), result(full));
  }

  // Whether an unfinished line of this call came before.
  bool resumes(const Frame& frame) {
    const auto unfinished = unfinished_.find(frame.task);
    if (unfinished == unfinished_.end()) return false;
    const bool same = unfinished->second == frame.call;
    unfinished_.erase(unfinished);
    return same;
  }

  Expected<std::string> exec(const FullFrame& full) {
    if (resumes(full.frame))
      return line(fmt::format("{}<... {} resumed>", prefix(full.frame), name(full.frame)), "0");
    std::string begin = fmt::format("{}{}(", prefix(full.frame), name(full.frame));
    const auto program = programs_.find(full.frame.event.value);
    if (program == programs_.end()) return line(begin + "...", "0");
    BYGONE_ASSIGN(const auto stack, initial_stack(recording_, program->second.space, full));
    if (!stack) return line(begin + quoted_whole(program->second.path) + ", ...", "0");
    std::string list;
    for (const std::string& argument : stack->arguments)
      list += (list.empty() ? "" : ", ") + quoted_bytes(argument);
    return line(
        fmt::format("{}{}, [{}], {} /* {} var{} */", begin,
                    quoted_whole(stack->program.empty() ? program->second.path : stack->program), list,
                    hex_text(stack->environment_address), stack->variables, stack->variables == 1 ? "" : "s"),
        "0");
  }

  static std::string exit(const Frame& frame) {
    std::string status = status_text(frame.result.value_or(0));
    if (status.starts_with("exited ")) return fmt::format("+++ exited with {} +++\n", status.substr(7));
    if (const size_t core = status.find(", core dumped"); core != std::string::npos)
      status = status.substr(0, core) + " (core dumped)";
    return fmt::format("+++ {} +++\n", status);
  }

  RecordingReader& recording_;
  CallMemory memory_;
  const CallNames names_;
  const std::map<uint64_t, Program> programs_;
  std::map<Tid, std::optional<int32_t>> unfinished_;
  std::optional<Pending> pending_;
};

Expected<std::map<uint64_t, Program>> programs_of(RecordingReader& recording) {
  BYGONE_ASSIGN(const auto rows, select_rows(recording.connection(), kPrograms));
  std::map<uint64_t, Program> programs;
  for (const Row& row : rows) {
    const auto* event = std::get_if<int64_t>(&row[0]);
    const auto* space = std::get_if<int64_t>(&row[1]);
    const auto* path = std::get_if<std::string>(&row[2]);
    if (event != nullptr && space != nullptr && path != nullptr)
      programs.emplace(uint64_t(*event), Program{AddressSpaceId{uint64_t(*space)}, *path});
  }
  return programs;
}

}  // namespace

Expected<void> export_strace(RecordingReader& recording, const StraceOptions& options, const TextSink& out) {
  BYGONE_ASSIGN(CallNames names, CallNames::read(recording));
  BYGONE_ASSIGN(auto programs, programs_of(recording));
  if (recording.last_event().value == 0) return {};
  StraceText text(recording, CallMemory(recording, options.machine, options.on_unreadable), std::move(names),
                  std::move(programs));
  BYGONE_TRY(recording.for_each_full_frame(recording.first_event(), recording.last_event(),
                                           [&](FullFrame& full) -> Expected<bool> {
                                             BYGONE_ASSIGN(const std::string lines, text.lines(full));
                                             BYGONE_TRY(out(lines));
                                             return true;
                                           }));
  return out(text.flush());
}

}  // namespace bygone::query
