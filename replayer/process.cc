#include "replayer/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "tracee/ptrace.h"
#include "tracee/stub_image.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

namespace bygone {

namespace {

int make_stub_file() {
  // Linux 6.3 wants to be told that a memory file is to be executed; older ones do not know the flag.
  int fd = memfd_create("bygone-stub", MFD_CLOEXEC | MFD_EXEC);
  if (fd < 0) fd = memfd_create("bygone-stub", MFD_CLOEXEC);
  if (fd < 0) return -1;
  const auto image = stub_executable();
  if (write(fd, image.data(), image.size()) == ssize_t(image.size())) return fd;
  close(fd);
  return -1;
}

[[noreturn]] void become_stub(int stub, int socket, int go) {
  // Out of reach of the terminal's signals.
  setpgid(0, 0);
  const int high_stub = fcntl(stub, F_DUPFD, 100);
  const int high_socket = fcntl(socket, F_DUPFD, 100);
  const int high_go = fcntl(go, F_DUPFD, 100);
  dup2(high_stub, kStubDescriptor);
  dup2(high_socket, kFileDescriptor);
  char byte = 0;
  while (read(high_go, &byte, 1) < 0 && errno == EINTR) {
  }
  for (int fd = 0; fd <= 2; ++fd) close(fd);
  syscall(SYS_close_range, kFileDescriptor + 1, ~0U, 0);
  prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int signal = 1; signal <= 64; ++signal) {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
  }
  char* const nothing[] = {nullptr};
  syscall(SYS_execveat, kStubDescriptor, "", nothing, nothing, AT_EMPTY_PATH);
  _exit(errno);
}

}  // namespace

Expected<ProcessMaker> ProcessMaker::create() {
  const int stub = make_stub_file();
  int sockets[2];
  if (stub < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    return fail(ErrorKind::unavailable, "replay",
                fmt::format("cannot set up its processes: {}", std::strerror(errno)));
  return ProcessMaker(stub, sockets[0], sockets[1]);
}

ProcessMaker::ProcessMaker(ProcessMaker&& other) noexcept
    : stub_(std::exchange(other.stub_, -1)),
      ours_(std::exchange(other.ours_, -1)),
      theirs_(std::exchange(other.theirs_, -1)) {}

ProcessMaker::~ProcessMaker() {
  for (int fd : {stub_, ours_, theirs_})
    if (fd >= 0) close(fd);
}

Expected<pid_t> ProcessMaker::make() {
  int go[2];
  if (pipe2(go, O_CLOEXEC) != 0) return fail(ErrorKind::unavailable, "replay", std::strerror(errno));
  const pid_t child = fork();
  if (child < 0) return fail(ErrorKind::unavailable, "replay", fmt::format("fork: {}", std::strerror(errno)));
  if (child == 0) {
    close(go[1]);
    become_stub(stub_, theirs_, go[0]);
  }
  close(go[0]);
  const auto seized = seize(child);
  if (!seized) {
    end_process(child);
    close(go[1]);
    return tl::unexpected(seized.error());
  }
  close(go[1]);
  for (;;) {
    const auto stop = wait_for(child, Waiting::block);
    if (!stop) continue;
    if (stop->kind == Stop::Kind::event && stop->event == PTRACE_EVENT_EXEC) return child;
    if (stop->kind == Stop::Kind::exited)
      return fail(ErrorKind::unavailable, "the exec stub",
                  fmt::format("cannot be executed: {}", std::strerror(WEXITSTATUS(stop->wait_status))),
                  "the kernel must allow executing memory files (sysctl vm.memfd_noexec)");
    resume(child, Resume::run);
  }
}

Expected<void> ProcessMaker::pass(const int* fds, size_t count) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 253)] = {};
  char byte = 0;
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * count);
  std::memcpy(CMSG_DATA(header), fds, sizeof(int) * count);
  if (sendmsg(ours_, &message, MSG_NOSIGNAL) == 1) return {};
  return fail(ErrorKind::internal, "replay", fmt::format("cannot pass files: {}", std::strerror(errno)));
}

void end_process(pid_t pid) {
  kill(pid, SIGKILL);
  for (;;) {
    const auto stop = wait_for(pid, Waiting::block);
    if (!stop && errno == EINTR) continue;
    if (!stop || stop->kind == Stop::Kind::exited) return;
    resume(pid, Resume::run);
  }
}

}  // namespace bygone
