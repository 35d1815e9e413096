#include "recorder/recorder.h"

#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "recorder/kinship.h"
#include "recorder/launch.h"
#include "recorder/passed_signals.h"
#include "recorder/session.h"
#include "tracee/ptrace.h"

namespace bygone {

Expected<std::string> find_program(const std::string& name) {
  auto check = [&](const std::string& path) -> Expected<std::string> {
    struct stat st;
    if (stat(path.c_str(), &st) != 0)
      return fail(ErrorKind::no_program, name, std::strerror(errno),
                  "check the path of the program to record");
    if (S_ISDIR(st.st_mode)) return fail(ErrorKind::not_executable, name, "is a directory");
    if (access(path.c_str(), X_OK) != 0)
      return fail(ErrorKind::not_executable, name, std::strerror(errno), "make it executable (chmod +x)");
    return path;
  };
  if (name.empty()) return fail(ErrorKind::no_program, "program to record", "its name is empty");
  if (name.find('/') != std::string::npos) return check(name);
  const char* variable = getenv("PATH");
  std::string rest = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  std::optional<Error> not_executable;
  for (size_t begin = 0; begin <= rest.size();) {
    const size_t end = std::min(rest.find(':', begin), rest.size());
    const std::string directory = rest.substr(begin, end - begin);
    auto found = check((directory.empty() ? "." : directory) + "/" + name);
    if (found) return found;
    if (found.error().kind == ErrorKind::not_executable) not_executable = found.error();
    begin = end + 1;
  }
  if (not_executable) return tl::unexpected(*not_executable);
  return fail(ErrorKind::no_program, name, "not found in PATH", "give its path");
}

namespace {

// Tracer and tracees share a processor; `processors` are those allowed before.
Expected<void> pin(cpu_set_t& processors, RecordSink& sink) {
  CPU_ZERO(&processors);
  sched_getaffinity(0, sizeof processors, &processors);
  const int processor = pin_to_processor(-1);
  if (processor < 0)
    return fail(ErrorKind::unavailable, "processor affinity", std::strerror(errno),
                "allow sched_setaffinity");
  // cpuid tells programs the number of their processor, and the dynamic linker keeps what it says.
  return append_row(sink, HeaderEntry{"recorded_on_processor", std::to_string(processor)});
}

}  // namespace

Expected<std::string> describe_process(pid_t pid, RecordOptions& options) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", pid), std::ios::binary);
  for (std::string argument; std::getline(file, argument, '\0');) options.argv.push_back(argument);
  std::string name = command_of(pid);
  if (name.empty())
    return fail(ErrorKind::not_found, fmt::format("process {}", pid), "there is none", "`ps` lists them");
  for (char& c : name)
    if (isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_' && c != '+') c = '-';
  return name;
}

Expected<RecordOutcome> record_process(pid_t pid, const RecordOptions& options,
                                       std::optional<std::chrono::nanoseconds> duration, RecordSink& sink) {
  cpu_set_t processors;
  BYGONE_TRY(pin(processors, sink));
  StopRequest stop(duration);
  Session session(options, sink, processors);
  return session.run_attached(pid, stop);
}

Expected<RecordOutcome> record_program(const RecordOptions& options, const Inheritance& inheritance,
                                       RecordSink& sink) {
  BYGONE_ASSIGN(const std::string path, find_program(options.argv.at(0)));
  cpu_set_t processors;
  BYGONE_TRY(pin(processors, sink));
  BYGONE_ASSIGN(const pid_t first, launch(path, options.argv, inheritance));
  PassedSignals passed(first);
  Session session(options, sink, processors);
  return session.run(first, passed);
}

}  // namespace bygone
