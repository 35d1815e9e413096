#include "cli/exit_status.h"

#include <sys/wait.h>

namespace bygone::cli {
namespace {

struct Meaning {
  ErrorKind kind;
  ExitStatus status;
  std::string_view meaning;
};

constexpr Meaning kMeanings[] = {
    {ErrorKind::usage, ExitStatus::usage, "the command line or the phrase makes no sense"},
    {ErrorKind::bad_data, ExitStatus::bad_data, "the recording is damaged or of an unknown version"},
    {ErrorKind::not_found, ExitStatus::not_found, "no such recording, task or event"},
    {ErrorKind::unavailable, ExitStatus::unavailable, "this machine or kernel cannot do it"},
    {ErrorKind::internal, ExitStatus::internal, "a bug in bygone"},
    {ErrorKind::cannot_create, ExitStatus::cannot_create, "an output could not be created"},
    {ErrorKind::io, ExitStatus::io, "reading or writing failed"},
    {ErrorKind::no_permission, ExitStatus::no_permission, "permission denied"},
    {ErrorKind::divergence, ExitStatus::divergence, "the replay left the recorded path"},
    {ErrorKind::not_executable, ExitStatus::not_executable, "the program to record cannot be run"},
    {ErrorKind::no_program, ExitStatus::no_program, "the program to record was not found"},
};

}  // namespace

ExitStatus exit_status_of(ErrorKind kind) {
  for (const Meaning& meaning : kMeanings)
    if (meaning.kind == kind) return meaning.status;
  return ExitStatus::internal;
}

int exit_status_of_program(int wait_status) {
  if (WIFSIGNALED(wait_status)) return 128 + WTERMSIG(wait_status);
  return WEXITSTATUS(wait_status);
}

std::string exit_status_help() {
  std::string text = "Exit status: that of the recorded program for record and replay, else 0, or\n";
  for (const Meaning& meaning : kMeanings)
    text += fmt::format("  {:<4} {}\n", int(meaning.status), meaning.meaning);
  text.pop_back();
  return text;
}

}  // namespace bygone::cli
