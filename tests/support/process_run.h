#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace bygone::test {

struct RunOptions {
  std::string input;  // standard input; empty means /dev/null
  std::filesystem::path directory;
  std::vector<std::pair<std::string, std::string>> environment;  // set besides the caller's
  std::chrono::seconds timeout{90};
};

struct RunResult {
  int status = -1;  // as a shell shows it: exit code, or 128 + signal; -1 if it ran out of time
  std::string out;
  std::string err;
};

// A command in a process group of its own; the group is killed when time is up or on destruction.
class ProcessRun {
 public:
  ProcessRun(const std::vector<std::string>& argv, RunOptions options);
  ~ProcessRun();
  ProcessRun(const ProcessRun&) = delete;
  ProcessRun& operator=(const ProcessRun&) = delete;

  pid_t pid() const { return pid_; }
  // Reads output until the command has ended and nobody holds its standard output open.
  RunResult wait();

 private:
  void close_all();

  RunOptions options_;
  pid_t pid_ = -1;
  int input_ = -1;
  int out_ = -1;
  int err_ = -1;
};

RunResult run(const std::vector<std::string>& argv, RunOptions options = {});
RunResult shell(const std::string& script, RunOptions options = {});

// The first process below `ancestor` whose /proc/PID/comm is `command`; waits for it, 0 if it does not come.
pid_t find_descendant(pid_t ancestor, const std::string& command);

}  // namespace bygone::test
