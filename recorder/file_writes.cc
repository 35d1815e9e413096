#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>

#include "recorder/session.h"
#include "tracee/descriptors.h"

namespace bygone {

namespace {

// A call that may have changed a file: through which descriptor, or by which name, and where it began.
struct FileWrite {
  int fd = -1;
  int64_t start = -1;  // -1: at the descriptor's position
  bool resizes = false;
  Address path;
};

std::optional<FileWrite> file_write_of(const Registers& call, int64_t result) {
  const int fd = int(call.argument(0));
  switch (call[Register::orig_rax]) {
    case SYS_write:
    case SYS_writev:
      return FileWrite{fd, -1, false, {}};
    case SYS_pwrite64:
    case SYS_pwritev:
    case SYS_pwritev2:
      return FileWrite{fd, int64_t(call.argument(3)), false, {}};
    case SYS_sendfile:
      return FileWrite{fd, -1, false, {}};
    case SYS_copy_file_range:
    case SYS_splice:
      return FileWrite{int(call.argument(2)), -1, true, {}};
    case SYS_ftruncate:
    case SYS_fallocate:
      return FileWrite{fd, -1, true, {}};
    case SYS_truncate:
      return FileWrite{-1, -1, true, Address{call.argument(0)}};
    case SYS_open:
      if ((call.argument(1) & O_TRUNC) == 0) return std::nullopt;
      return FileWrite{int(result), -1, true, {}};
    case SYS_openat:
      if ((call.argument(2) & O_TRUNC) == 0) return std::nullopt;
      return FileWrite{int(result), -1, true, {}};
    case SYS_creat:
      return FileWrite{int(result), -1, true, {}};
    default:
      return std::nullopt;
  }
}

// Where we find the file that the call names.
std::string path_of(pid_t tid, const FileWrite& call, TraceeMemory& memory) {
  if (!call.path) return fmt::format("/proc/{}/fd/{}", tid, call.fd);
  std::string name;
  for (char byte = 0; name.size() < kPageSize; name += byte)
    if (!memory.read_value(call.path + name.size(), byte) || byte == '\0') break;
  return name.starts_with('/') ? fmt::format("/proc/{}/root{}", tid, name)
                               : fmt::format("/proc/{}/cwd/{}", tid, name);
}

}  // namespace

void Session::capture_mapped_file_write(RecordedTask& task, int64_t result) {
  if (!maps_changing_files_ || result < 0 || task.forced_result) return;
  const auto call = file_write_of(task.entry.registers, result);
  if (!call) return;
  struct stat st;
  if (stat(path_of(task.tid, *call, task.space->memory).c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return;
  // For calls that say no better, all that is mapped of the file.
  uint64_t first = 0;
  uint64_t end = uint64_t(st.st_size);
  if (!call->resizes) {
    // At the end whatever the call says (pwrite(2), BUGS).
    const bool appends = call->start >= 0 && (file_flags(task.tid, call->fd) & O_APPEND) != 0;
    const int64_t position = appends            ? st.st_size
                             : call->start >= 0 ? call->start + result
                                                : file_position(task.tid, call->fd);
    if (position >= result) {
      first = uint64_t(position - result);
      end = uint64_t(position);
    }
  }
  // What shares the file comes first: a private mapping without a copy of a page of its own sees it there.
  const auto device = capture_file_range(st.st_ino, {Address{first}, Address{end}}, Sharing::shared);
  const auto private_device =
      capture_file_range(st.st_ino, {Address{first}, Address{end}}, Sharing::not_shared);
  if (!device && !private_device) return;
  const FileStat now{uint32_t(st.st_mode), uint64_t(st.st_size),
                     st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec,
                     st.st_ctim.tv_sec * 1'000'000'000 + st.st_ctim.tv_nsec};
  std::set<RecordedSpace*> seen;
  for (const auto& [tid, other] : tasks_) {
    if (!other->space || !seen.insert(other->space.get()).second) continue;
    other->space->space.restat(log_.next(), device ? *device : *private_device, st.st_ino, now);
    log_.mapping_changes(other->space->space);
  }
}

std::optional<Device> Session::capture_file_range(uint64_t inode, MemoryRange in_file, Sharing sharing) {
  std::optional<Device> device;
  std::set<RecordedSpace*> seen;
  for (const auto& [tid, other] : tasks_) {
    if (!other->space || !seen.insert(other->space.get()).second) continue;
    for (const auto& [start, mapping] : other->space->space.mappings()) {
      const KernelMapping& m = mapping.recorded;
      if (m.inode != inode || m.prot.shared != (sharing == Sharing::shared)) continue;
      device = m.device;
      const MemoryRange mapped = range_of(Address{m.offset_bytes}, m.range.size_bytes());
      const MemoryRange written = mapped.intersect(in_file);
      if (written.empty()) continue;
      capture_range(*other, range_of(start + (written.start - mapped.start), written.size_bytes()));
    }
  }
  return device;
}

void Session::capture_memory_file_write(RecordedTask& task, int64_t result) {
  if (result < 0 || task.forced_result) return;
  const Registers& call = task.entry.registers;
  int64_t end = -1;
  switch (call[Register::orig_rax]) {
    case SYS_open:
    case SYS_openat:
    case SYS_openat2:
      memory_files_open_ = memory_files_open_ || memory_file_owner(task.tid, int(result)) > 0;
      return;
    case SYS_write:
    case SYS_writev:
      break;
    case SYS_pwrite64:
    case SYS_pwritev:
    case SYS_pwritev2:
      if (int64_t(call.argument(3)) != -1) end = int64_t(call.argument(3)) + result;
      break;
    default:
      return;
  }
  const int fd = int(call.argument(0));
  const pid_t owner = memory_files_open_ ? memory_file_owner(task.tid, fd) : 0;
  if (owner <= 0 || result == 0) return;
  if (end < 0) end = file_position(task.tid, fd);
  const auto target = std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& t) {
    return t.second->space && (t.first == owner || t.second->tgid == owner);
  });
  if (target == tasks_.end() || end < result) return;
  capture_range(*target->second, {Address{uint64_t(end - result)}, Address{uint64_t(end)}});
}

}  // namespace bygone
