#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>

#include "recorder/session.h"
#include "tracee/descriptors.h"
#include "tracee/file_data.h"
#include "tracee/kernel_aio.h"

namespace bygone {

// A call that may have changed a file: through which descriptor, or by which name, and what of it.
struct FileWrite {
  enum class Extent {
    result,   // as many bytes as the call returned
    length,   // `size`
    no_byte,  // only where the file ends
    to_the_end,
  };
  int fd = -1;
  Extent extent = Extent::result;
  int64_t start = -1;  // -1: at the descriptor's position, which has moved since
  int64_t size = 0;
  Address path = {};
  // Whether a write goes to the end of the file; else the descriptor's O_APPEND says so.
  std::optional<bool> appends = {};
};

namespace {

std::optional<bool> end_of_pwritev2(const Registers& call) {
  constexpr uint64_t kAppend = 0x10, kNoAppend = 0x20;  // RWF_APPEND, RWF_NOAPPEND (6.9)
  if ((call.argument(5) & kAppend) != 0) return true;
  if ((call.argument(5) & kNoAppend) != 0) return false;
  return std::nullopt;
}

FileWrite::Extent extent_of_fallocate(int mode) {
  if (moves_bytes(mode)) return FileWrite::Extent::to_the_end;
  constexpr int kWriteZeroes = 0x80;  // FALLOC_FL_WRITE_ZEROES, Linux 6.17
  const bool clears = (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE | kWriteZeroes)) != 0;
  return clears ? FileWrite::Extent::length : FileWrite::Extent::no_byte;
}

// To where an offset pointed to by an argument has moved, back again; -1 for a null pointer.
int64_t start_behind(Address offset, int64_t result, TraceeMemory& memory) {
  int64_t end = 0;
  return offset && memory.read_value(offset, end) ? end - result : -1;
}

std::optional<FileWrite> file_write_of(const Registers& call, int64_t result, TraceeMemory& memory) {
  using Extent = FileWrite::Extent;
  const int fd = int(call.argument(0));
  uint64_t open_flags = 0;
  switch (call[Register::orig_rax]) {
    case SYS_write:
    case SYS_writev:
    case SYS_sendfile:
      return FileWrite{.fd = fd};
    case SYS_pwrite64:
    case SYS_pwritev:
      return FileWrite{.fd = fd, .start = int64_t(call.argument(3))};
    case SYS_pwritev2:
      return FileWrite{.fd = fd, .start = int64_t(call.argument(3)), .appends = end_of_pwritev2(call)};
    case SYS_copy_file_range:
    case SYS_splice:
      return FileWrite{.fd = int(call.argument(2)),
                       .start = start_behind(Address{call.argument(3)}, result, memory)};
    case SYS_ftruncate:
      return FileWrite{.fd = fd, .extent = Extent::no_byte};
    case SYS_truncate:
      return FileWrite{.extent = Extent::no_byte, .path = Address{call.argument(0)}};
    case SYS_fallocate:
      return FileWrite{.fd = fd,
                       .extent = extent_of_fallocate(int(call.argument(1))),
                       .start = int64_t(call.argument(2)),
                       .size = int64_t(call.argument(3))};
    case SYS_open:
      open_flags = call.argument(1);
      break;
    case SYS_openat:
      open_flags = call.argument(2);
      break;
    case SYS_openat2:
      memory.read_value(Address{call.argument(2)}, open_flags);  // struct open_how begins with them
      break;
    case SYS_creat:
      open_flags = O_TRUNC;
      break;
    default:
      return std::nullopt;
  }
  if ((open_flags & O_TRUNC) == 0) return std::nullopt;
  return FileWrite{.fd = int(result), .extent = Extent::no_byte};
}

// Where we find the file that the call names.
std::string path_of(pid_t tid, const FileWrite& call, TraceeMemory& memory) {
  if (!call.path) return fmt::format("/proc/{}/fd/{}", tid, call.fd);
  std::string name;
  for (char byte = 0; name.size() < kPageSize; name += byte)
    if (!memory.read_value(call.path + name.size(), byte) || byte == '\0') break;
  for (const auto& [own, ours] : {std::pair<std::string_view, std::string_view>{"/proc/self/", ""},
                                  {"/proc/thread-self/", ""},
                                  {"/dev/fd/", "fd/"}})
    if (name.starts_with(own)) return fmt::format("/proc/{}/{}{}", tid, ours, name.substr(own.size()));
  return name.starts_with('/') ? fmt::format("/proc/{}/root{}", tid, name)
                               : fmt::format("/proc/{}/cwd/{}", tid, name);
}

}  // namespace

bool Session::writes_to_file(const RecordedTask& task) {
  return file_write_of(task.entry.registers, 0, task.space->memory).has_value();
}

bool Session::writes_to_memory_file(const RecordedTask& task) const {
  return memory_files_open_ && task_file(task.tid, int(task.entry.registers.argument(0))).name == "mem";
}

void Session::capture_mapped_file_write(RecordedTask& task, int64_t result) {
  if (result < 0 || task.forced_result) return;
  const uint64_t number = task.entry.registers[Register::orig_rax];
  makes_holes_ = makes_holes_ || number == SYS_fallocate || number == SYS_copy_file_range;
  if (!maps_changing_files_) return;
  if (number == SYS_io_submit) return capture_submitted_writes(task, result);
  if (const auto call = file_write_of(task.entry.registers, result, task.space->memory))
    capture_mapped_file_write(task, *call, result);
}

void Session::capture_submitted_writes(RecordedTask& task, int64_t submitted) {
  TraceeMemory& memory = task.space->memory;
  for (const AioRequest& request :
       read_requests(task.entry.registers.argument(2), uint64_t(submitted), memory))
    if (request.written_bytes > 0)
      capture_mapped_file_write(task, {.fd = request.fd, .start = request.offset_bytes},
                                int64_t(request.written_bytes));
}

void Session::capture_mapped_file_write(RecordedTask& task, const FileWrite& call, int64_t result) {
  struct stat st;
  if (stat(path_of(task.tid, call, task.space->memory).c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return;
  uint64_t first = 0;
  uint64_t end = uint64_t(st.st_size);
  if (call.extent == FileWrite::Extent::no_byte) {
    // A replay's file is cut off, or made longer, at the same place. But bytes stored behind the end on its
    // last page come to nothing here and may stay there; and a small file is written down whole.
    constexpr uint64_t kSmall = 1 << 20;
    if (end > kSmall) {
      first = page_floor(Address{std::min(end, known_size_of(st.st_ino))}).value;
      end = std::min(end, first + kPageSize);
    }
  } else if (call.extent == FileWrite::Extent::to_the_end) {
    first = uint64_t(call.start);
  } else if (call.extent == FileWrite::Extent::length) {
    first = uint64_t(call.start);
    end = std::min(end, first + uint64_t(call.size));
  } else if (call.extent == FileWrite::Extent::result) {
    // At the end whatever the call says (pwrite(2), BUGS).
    const bool appends =
        call.start >= 0 && call.appends.value_or((file_flags(task.tid, call.fd) & O_APPEND) != 0);
    const int64_t position = appends           ? st.st_size
                             : call.start >= 0 ? call.start + result
                                               : file_position(task.tid, call.fd);
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
  if (private_device) written_while_private_.insert(st.st_ino);
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

// Of a mapped file, before the call at hand.
uint64_t Session::known_size_of(uint64_t inode) const {
  for (const auto& [tid, task] : tasks_) {
    if (!task->space) continue;
    for (const auto& [start, mapping] : task->space->space.mappings())
      if (mapping.recorded.inode == inode) return mapping.recorded.file_stat.size_bytes;
  }
  return 0;
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
      capture_range(*other, shown_at(m, in_file));
    }
  }
  return device;
}

void Session::capture_memory_file_write(RecordedTask& task, int64_t result) {
  if (result <= 0 || task.forced_result || !memory_files_open_) return;
  const Registers& call = task.entry.registers;
  int64_t end = -1;
  switch (call[Register::orig_rax]) {
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
  const TaskFile file = task_file(task.tid, fd);
  if (file.name != "mem") return;
  if (end < 0) end = file_position(task.tid, fd);
  const auto target = std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& t) {
    return t.second->space && (t.first == file.task || t.second->tgid == file.task);
  });
  if (target == tasks_.end() || end < result) return;
  capture_range(*target->second, {Address{uint64_t(end - result)}, Address{uint64_t(end)}});
}

}  // namespace bygone
