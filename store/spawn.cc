#include "store/spawn.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/close_range.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "store/limits.h"
#include "store/service.h"

namespace bygone {

namespace {

constexpr int kStarts = 10;
constexpr int kConnectsPerStart = 100;
constexpr auto kConnectPause = std::chrono::milliseconds(5);

// Between fork and the service: descriptors, signals, terminal and directory are nobody's any more.
void detach(const std::filesystem::path& store) {
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  ::signal(SIGXFSZ, SIG_IGN);
  ::umask(077);
  raise_limits();
  const int null = ::open("/dev/null", O_RDWR);
  const int log = ::open((store / "service.log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(null, 0);
  ::dup2(null, 1);
  ::dup2(log >= 0 ? log : null, 2);
  ::syscall(SYS_close_range, 3u, ~0u, 0u);
  if (::chdir("/") != 0) ::_exit(1);
}

[[noreturn]] void become_service(const std::filesystem::path& store, bool is_bygone) {
  detach(store);
  if (is_bygone) {
    const std::string directory = store.string();
    const char* arguments[] = {"bygone", "serve", "--store", directory.c_str(), "--until-idle", nullptr};
    ::execv("/proc/self/exe", const_cast<char* const*>(arguments));
    ::_exit(1);
  }
  ServeOptions options;
  options.store = store;
  options.idle_ms = 500;
  ::_exit(serve(options) ? 0 : 1);
}

// Forks twice, so that the service is nobody's child to wait for.
bool start_service(const std::filesystem::path& store) {
  std::error_code ignored;
  const bool is_bygone = std::filesystem::read_symlink("/proc/self/exe", ignored).filename() == "bygone";
  const pid_t child = ::fork();
  if (child == 0) {
    if (::fork() == 0) become_service(store, is_bygone);
    ::_exit(0);
  }
  if (child < 0) return false;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return true;
}

}  // namespace

Expected<Connection> reach_service(const std::filesystem::path& store) {
  for (int start = 0; start < kStarts; ++start) {
    for (int i = 0; i < kConnectsPerStart; ++i) {
      auto connection = connect_to_service(store);
      if (connection || connection.error().kind != ErrorKind::not_found) return connection;
      if (i == 0 && !start_service(store)) break;
      std::this_thread::sleep_for(kConnectPause);
    }
  }
  if (::access(store.c_str(), W_OK) != 0)
    return fail(ErrorKind::io, store.string(),
                fmt::format("its service cannot be started: {}", std::strerror(errno)),
                "choose another store (--store)");
  return fail(ErrorKind::io, store.string(), "its service cannot be started",
              "see service.log there, or run `bygone serve` to see why");
}

}  // namespace bygone
