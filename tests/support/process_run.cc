#include "tests/support/process_run.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace bygone::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  }
};

[[noreturn]] void become(const std::vector<std::string>& argv, const RunOptions& options, int in, int out,
                         int err) {
  setpgid(0, 0);
  dup2(in, 0);
  dup2(out, 1);
  dup2(err, 2);
  close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);  // whatever started the tests may have left descriptors open
  if (!options.directory.empty() && chdir(options.directory.c_str()) != 0) _exit(125);
  for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(errno == ENOENT ? 127 : 126);
}

// False at the end of the stream.
bool append_from(int fd, std::string& text) {
  char bytes[65536];
  const ssize_t got = read(fd, bytes, sizeof bytes);
  if (got > 0) text.append(bytes, size_t(got));
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return int(std::max<long>(left, 0));
}

}  // namespace

ProcessRun::ProcessRun(const std::vector<std::string>& argv, RunOptions options)
    : options_(std::move(options)) {
  Pipe out, err;
  Pipe in;
  if (options_.input.empty()) {
    close(in.ends[0]);
    close(in.ends[1]);
    in.ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    in.ends[1] = -1;
  }
  pid_ = fork();
  if (pid_ == 0) become(argv, options_, in.ends[0], out.ends[1], err.ends[1]);
  setpgid(pid_, pid_);
  close(in.ends[0]);
  close(out.ends[1]);
  close(err.ends[1]);
  input_ = in.ends[1];
  if (input_ >= 0) fcntl(input_, F_SETFL, O_NONBLOCK);
  out_ = out.ends[0];
  err_ = err.ends[0];
}

ProcessRun::~ProcessRun() {
  if (pid_ > 0) {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close_all();
}

void ProcessRun::close_all() {
  for (int* fd : {&input_, &out_, &err_}) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }
}

RunResult ProcessRun::wait() {
  signal(SIGPIPE, SIG_IGN);
  RunResult result;
  const auto deadline = Clock::now() + options_.timeout;
  size_t sent = 0;
  while (out_ >= 0 || err_ >= 0) {
    pollfd fds[3] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}, {input_, POLLOUT, 0}};
    const int ready = poll(fds, 3, milliseconds_until(deadline));
    if (ready == 0) break;
    if (fds[2].revents != 0) {
      const ssize_t count = write(input_, options_.input.data() + sent, options_.input.size() - sent);
      if (count > 0) sent += size_t(count);
      if ((count < 0 && errno != EAGAIN) || sent == options_.input.size()) {
        close(input_);
        input_ = -1;
      }
    }
    if (fds[0].revents != 0 && !append_from(out_, result.out)) {
      close(out_);
      out_ = -1;
    }
    if (fds[1].revents != 0 && !append_from(err_, result.err)) {
      close(err_);
      err_ = -1;
    }
  }
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (Clock::now() > deadline) {
      result.err += "[out of time]\n";
      return result;  // the destructor kills it
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  kill(-pid_, SIGKILL);
  pid_ = -1;
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

RunResult run(const std::vector<std::string>& argv, RunOptions options) {
  return ProcessRun(argv, std::move(options)).wait();
}

RunResult shell(const std::string& script, RunOptions options) {
  return run({"bash", "-c", script}, std::move(options));
}

pid_t find_descendant(pid_t ancestor, const std::string& command) {
  for (const auto deadline = Clock::now() + std::chrono::seconds(60); Clock::now() < deadline;) {
    std::vector<pid_t> open = {ancestor};
    while (!open.empty()) {
      const std::string folder = "/proc/" + std::to_string(open.back());
      const pid_t process = open.back();
      open.pop_back();
      std::string name;
      std::getline(std::ifstream(folder + "/comm"), name);
      if (name == command && process != ancestor) return process;
      std::error_code error;
      for (const auto& task : std::filesystem::directory_iterator(folder + "/task", error)) {
        std::ifstream children(task.path() / "children");
        for (pid_t child; children >> child;) open.push_back(child);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return 0;
}

}  // namespace bygone::test
