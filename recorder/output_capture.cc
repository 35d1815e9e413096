#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "recorder/session.h"
#include "tracee/descriptors.h"

namespace bygone {

namespace {

bool same_open_file(pid_t tid, int fd, int ours) {
  return syscall(SYS_kcmp, tid, getpid(), KCMP_FILE, fd, ours) == 0;
}

bool is_regular(pid_t tid, int fd) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", tid, fd);
  struct stat st;
  return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

}  // namespace

int Session::output_stream(const RecordedTask& task, int fd) const {
  if (fd < 0) return 0;
  // Where both streams are one file (2>&1, a terminal) the number the program uses decides.
  const int first = fd == 2 ? 2 : 1;
  errno = 0;
  for (const int stream : {first, 3 - first})
    if (same_open_file(task.tid, fd, stream)) return stream;
  const bool cannot_tell = errno == EPERM;  // kcmp(2) without CAP_SYS_PTRACE
  // The same pipe or terminal opened again (/dev/stderr, /proc/self/fd/1). Where both append to a file, it
  // does not matter who opened it.
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", task.tid, fd);
  struct stat theirs, own;
  if (stat(path, &theirs) != 0) return 0;
  for (const int stream : {first, 3 - first})
    if (fstat(stream, &own) == 0 && theirs.st_dev == own.st_dev && theirs.st_ino == own.st_ino &&
        (S_ISFIFO(own.st_mode) || S_ISSOCK(own.st_mode) || isatty(stream) != 0 ||
         (S_ISREG(own.st_mode) && cannot_tell) ||
         (S_ISREG(own.st_mode) && (fcntl(stream, F_GETFL) & file_flags(task.tid, fd) & O_APPEND) != 0)))
      return stream;
  return 0;
}

void Session::prepare_output(RecordedTask& task) {
  const Registers& call = task.registers;
  int in = -1, out = -1;
  Address in_offset;
  switch (call[Register::orig_rax]) {
    case SYS_sendfile:
      out = int(call.argument(0));
      in = int(call.argument(1));
      in_offset = Address{call.argument(2)};
      break;
    case SYS_copy_file_range:
    case SYS_splice:
      in = int(call.argument(0));
      in_offset = Address{call.argument(1)};
      out = int(call.argument(2));
      break;
    case SYS_tee:
      out = int(call.argument(1));
      break;
    default:
      return;
  }
  if (output_stream(task, out) == 0) return;
  if (in < 0 || !is_regular(task.tid, in)) {
    // Bytes that pass from pipe to pipe are seen by nobody; programs fall back to read and write on this
    // error.
    answer(task, -EINVAL);
    return;
  }
  int64_t position = -1;
  if (in_offset) {
    if (!task.space->memory.read_value(in_offset, position)) position = -1;
  } else {
    position = file_position(task.tid, in);
  }
  if (position >= 0) task.input_position = position;
}

void Session::capture_output(RecordedTask& task, int64_t result) {
  if (result <= 0 || task.forced_result) return;
  const Registers& call = task.entry.registers;
  const uint64_t size = uint64_t(result);
  std::vector<std::byte> bytes;
  switch (call[Register::orig_rax]) {
    case SYS_write:
    case SYS_pwrite64:
    case SYS_sendto: {
      const int stream = output_stream(task, int(call.argument(0)));
      if (stream == 0) return;
      bytes.resize(size);
      if (task.space->memory.read(Address{call.argument(1)}, bytes)) log_.output(stream, bytes);
      return;
    }
    case SYS_writev:
    case SYS_pwritev:
    case SYS_pwritev2:
    case SYS_vmsplice: {
      const int stream = output_stream(task, int(call.argument(0)));
      if (stream == 0) return;
      uint64_t left = size;
      for (uint64_t i = 0; i < std::min<uint64_t>(call.argument(2), 1024) && left > 0; ++i) {
        iovec element{};
        if (!task.space->memory.read_value(Address{call.argument(1)} + i * sizeof element, element)) return;
        bytes.resize(std::min<uint64_t>(left, element.iov_len));
        if (!task.space->memory.read(Address{reinterpret_cast<uint64_t>(element.iov_base)}, bytes)) return;
        log_.output(stream, bytes);
        left -= bytes.size();
      }
      return;
    }
    case SYS_sendfile:
    case SYS_copy_file_range:
    case SYS_splice: {
      if (!task.input_position) return;
      const bool is_sendfile = call[Register::orig_rax] == SYS_sendfile;
      const int stream = output_stream(task, int(call.argument(is_sendfile ? 0 : 2)));
      char path[48];
      snprintf(path, sizeof path, "/proc/%d/fd/%d", task.tid, int(call.argument(is_sendfile ? 1 : 0)));
      const int file = open(path, O_RDONLY | O_CLOEXEC);
      if (file < 0) return;
      bytes.resize(1 << 20);
      for (uint64_t done = 0; done < size;) {
        const ssize_t n = pread(file, bytes.data(), std::min<uint64_t>(bytes.size(), size - done),
                                off_t(*task.input_position + int64_t(done)));
        if (n <= 0) break;
        log_.output(stream, std::span(bytes).first(size_t(n)));
        done += uint64_t(n);
      }
      close(file);
      return;
    }
    default:
      return;
  }
}

}  // namespace bygone
