#include "recorder/launch.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "recorder/access.h"
#include "recorder/foreign_program.h"
#include "tracee/ptrace.h"

namespace bygone {

namespace {

// In the child: wait until traced, then become the program. Reports why it could not as one errno.
[[noreturn]] void become(const std::string& path, const std::vector<std::string>& argv,
                         const Inheritance& inheritance, int go, int report) {
  char byte = 0;
  ssize_t got = 0;
  do got = read(go, &byte, 1);
  while (got < 0 && errno == EINTR);
  if (got != 1) _exit(127);  // the recorder is gone: without it the program must not run
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  int error = 0;
  if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) != 0) {
    error = errno;
  } else {
    inheritance.pass_on();
    execv(path.c_str(), arguments.data());
    error = errno;
  }
  [[maybe_unused]] const ssize_t told = write(report, &error, sizeof error);
  _exit(127);
}

}  // namespace

Expected<pid_t> launch(const std::string& path, const std::vector<std::string>& argv,
                       const Inheritance& inheritance) {
  if (is_32_bit_program(getpid(), path))
    return fail(ErrorKind::not_executable, path, "is a 32-bit program, and those are not recorded",
                "build it for x86-64");
  if (!may_look_at_all() && access(path.c_str(), R_OK) != 0)
    return fail(ErrorKind::not_executable, path, "may be executed and not read: it cannot be looked at",
                "record it as root, with CAP_SYS_PTRACE");
  int go[2], report[2];
  if (pipe2(go, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0)
    return fail(ErrorKind::unavailable, path,
                fmt::format("no pipe to start it with: {}", std::strerror(errno)));
  const pid_t child = fork();
  if (child < 0)
    return fail(ErrorKind::unavailable, path, fmt::format("fork failed: {}", std::strerror(errno)));
  if (child == 0) {
    close(go[1]);
    become(path, argv, inheritance, go[0], report[1]);
  }
  close(go[0]);
  close(report[1]);
  const auto seized = seize(child);
  if (!seized) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(go[1]);
    close(report[0]);
    return tl::unexpected(seized.error());
  }
  [[maybe_unused]] const ssize_t told = write(go[1], "", 1);
  close(go[1]);
  Expected<pid_t> result = child;
  for (;;) {
    const auto stop = wait_for(child, Waiting::block);
    if (!stop) continue;
    if (stop->kind == Stop::Kind::event && stop->event == PTRACE_EVENT_EXEC) break;
    if (stop->kind == Stop::Kind::exited) {
      int error = 0;
      if (read(report[0], &error, sizeof error) != sizeof error) error = ECANCELED;
      result =
          fail(ErrorKind::not_executable, path, fmt::format("cannot be executed: {}", std::strerror(error)));
      break;
    }
    resume(child, Resume::run, stop->kind == Stop::Kind::signal ? stop->signal : 0);
  }
  close(report[0]);
  return result;
}

}  // namespace bygone
