#include "query/descriptor_tables.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace bygone::query {
namespace {

constexpr int kNever = -1;
constexpr int kAlways = -2;

// Calls whose result is a new descriptor, and which argument says close-on-exec with which bit. Structures
// in memory (openat2) are not read.
struct Maker {
  std::string_view call;
  int flags_argument;
  uint64_t close_on_exec;
};
constexpr Maker kMakers[] = {{"accept", kNever, 0},
                             {"accept4", 3, O_CLOEXEC},
                             {"bpf", kAlways, 0},
                             {"creat", kNever, 0},
                             {"epoll_create", kNever, 0},
                             {"epoll_create1", 0, O_CLOEXEC},
                             {"eventfd", kNever, 0},
                             {"eventfd2", 1, O_CLOEXEC},
                             {"fanotify_init", 0, 1},
                             {"inotify_init", kNever, 0},
                             {"inotify_init1", 0, O_CLOEXEC},
                             {"io_uring_setup", kAlways, 0},
                             {"memfd_create", 1, MFD_CLOEXEC},
                             {"memfd_secret", 0, O_CLOEXEC},
                             {"mq_open", kAlways, 0},
                             {"open", 1, O_CLOEXEC},
                             {"open_by_handle_at", 2, O_CLOEXEC},
                             {"openat", 2, O_CLOEXEC},
                             {"openat2", kNever, 0},
                             {"perf_event_open", 4, 8},
                             {"pidfd_getfd", kAlways, 0},
                             {"pidfd_open", kAlways, 0},
                             {"socket", 1, O_CLOEXEC},
                             {"timerfd_create", 1, O_CLOEXEC},
                             {"userfaultfd", 0, O_CLOEXEC}};

constexpr std::string_view kOthers[] = {"close",    "close_range", "dup",        "dup2",   "dup3",
                                        "fcntl",    "ioctl",       "mmap",       "pipe",   "pipe2",
                                        "signalfd", "signalfd4",   "socketpair", "unshare"};

const Maker* maker(std::string_view call) {
  const auto* found =
      std::find_if(std::begin(kMakers), std::end(kMakers), [&](const Maker& m) { return m.call == call; });
  return found != std::end(kMakers) ? found : nullptr;
}

bool says_close_on_exec(const Maker& maker, const Registers& registers) {
  if (maker.flags_argument == kAlways) return true;
  return maker.flags_argument != kNever &&
         (registers.argument(size_t(maker.flags_argument)) & maker.close_on_exec) != 0;
}

}  // namespace

bool makes_descriptors(const std::string& call) {
  return maker(call) != nullptr ||
         std::find(std::begin(kOthers), std::end(kOthers), call) != std::end(kOthers);
}

void DescriptorTables::begin(Tid first) {
  for (const int32_t descriptor : {0, 1, 2})
    table(first)[descriptor] = {std::make_shared<OpenFile>(OpenFile{"inherited", {}, first, {}, false}),
                                false};
}

const DescriptorTable* DescriptorTables::of(Tid task) const {
  const auto found = tables_.find(task);
  return found != tables_.end() ? found->second.get() : nullptr;
}

DescriptorTable& DescriptorTables::table(Tid task) {
  auto& table = tables_[task];
  if (!table) table = std::make_shared<DescriptorTable>();
  return *table;
}

OpenFile* DescriptorTables::unnamed_file(Tid task, int32_t descriptor) {
  const auto found = table(task).find(descriptor);
  if (found == table(task).end()) return nullptr;
  OpenFile& file = *found->second.file;
  return std::exchange(file.looked_for, true) ? nullptr : &file;
}

void DescriptorTables::follow(const FullFrame& full, const std::string& call, bool new_process) {
  const Frame& frame = full.frame;
  if (frame.kind == FrameKind::exec) return exec(frame.task);
  if (!frame.result || *frame.result < 0 || !full.registers) return;
  const Registers& registers = *full.registers;
  if (frame.kind == FrameKind::clone) {
    const bool shares = call == "clone" && (registers.argument(0) & CLONE_FILES) != 0;
    static_cast<void>(table(frame.task));
    const auto& own = tables_[frame.task];
    tables_[Tid{int32_t(*frame.result)}] =
        new_process && !shares ? std::make_shared<DescriptorTable>(*own) : own;
    return;
  }
  if (frame.kind != FrameKind::syscall) return;
  const auto argument = [&](size_t i) { return int32_t(registers.argument(i)); };
  const auto close_on_exec = [&](size_t i) { return (registers.argument(i) & O_CLOEXEC) != 0; };
  if (const Maker* made = maker(call)) return make(full, call, says_close_on_exec(*made, registers));
  if (call == "close") {
    table(frame.task).erase(argument(0));
  } else if (call == "close_range") {
    close_range(full);
  } else if (call == "dup") {
    copy(frame.task, argument(0), *frame.result, false);
  } else if (call == "dup2" && argument(0) != argument(1)) {
    copy(frame.task, argument(0), *frame.result, false);
  } else if (call == "dup3") {
    copy(frame.task, argument(0), *frame.result, close_on_exec(2));
  } else if (call == "fcntl" || call == "ioctl") {
    control(full, call);
  } else if (call == "pipe" || call == "pipe2") {
    make_pair(full, call, 0, call == "pipe2" && close_on_exec(1));
  } else if (call == "socketpair") {
    make_pair(full, call, 3, close_on_exec(1));
  } else if ((call == "signalfd" || call == "signalfd4") && argument(0) == -1) {
    make(full, call, call == "signalfd4" && close_on_exec(3));
  } else if (call == "unshare" && (registers.argument(0) & CLONE_FILES) != 0) {
    unshare(frame.task);
  }
}

void DescriptorTables::make(const FullFrame& full, const std::string& call, bool close_on_exec) {
  const Frame& frame = full.frame;
  if (*frame.result > INT32_MAX) return;
  table(frame.task)[int32_t(*frame.result)] = {
      std::make_shared<OpenFile>(OpenFile{call, frame.event, frame.task, {}, false}), close_on_exec};
}

// Both numbers were written to memory.
void DescriptorTables::make_pair(const FullFrame& full, const std::string& call, size_t argument,
                                 bool close_on_exec) {
  for (const WriteWithBytes& write : full.writes) {
    int32_t pair[2];
    if (write.row.address.value != full.registers->argument(argument) || write.bytes.size() < sizeof pair)
      continue;
    std::memcpy(pair, write.bytes.data(), sizeof pair);
    for (const int32_t descriptor : pair)
      table(full.frame.task)[descriptor] = {
          std::make_shared<OpenFile>(OpenFile{call, full.frame.event, full.frame.task, {}, false}),
          close_on_exec};
    return;
  }
}

void DescriptorTables::copy(Tid task, int32_t from, int64_t to, bool close_on_exec) {
  if (to > INT32_MAX) return;
  DescriptorTable& own = table(task);
  const auto found = own.find(from);
  // What was never seen to be opened came from outside.
  const auto file = found != own.end()
                        ? found->second.file
                        : std::make_shared<OpenFile>(OpenFile{"inherited", {}, task, {}, false});
  own[int32_t(to)] = {file, close_on_exec};
}

void DescriptorTables::control(const FullFrame& full, const std::string& call) {
  const Tid task = full.frame.task;
  const auto descriptor = int32_t(full.registers->argument(0));
  const auto command = int64_t(uint32_t(full.registers->argument(1)));
  if (call == "fcntl" && (command == F_DUPFD || command == F_DUPFD_CLOEXEC))
    return copy(task, descriptor, *full.frame.result, command == F_DUPFD_CLOEXEC);
  const auto found = table(task).find(descriptor);
  if (found == table(task).end()) return;
  if (call == "fcntl" && command == F_SETFD)
    found->second.close_on_exec = (full.registers->argument(2) & FD_CLOEXEC) != 0;
  if (call == "ioctl" && (command == FIOCLEX || command == FIONCLEX))
    found->second.close_on_exec = command == FIOCLEX;
}

void DescriptorTables::close_range(const FullFrame& full) {
  const Registers& registers = *full.registers;
  const auto first = uint32_t(registers.argument(0));
  const auto last = uint32_t(registers.argument(1));
  const auto flags = uint32_t(registers.argument(2));
  if ((flags & CLOSE_RANGE_UNSHARE) != 0) unshare(full.frame.task);
  DescriptorTable& own = table(full.frame.task);
  for (auto i = own.begin(); i != own.end();) {
    const bool inside = uint32_t(i->first) >= first && uint32_t(i->first) <= last;
    if (inside && (flags & CLOSE_RANGE_CLOEXEC) != 0) i->second.close_on_exec = true;
    i = inside && (flags & CLOSE_RANGE_CLOEXEC) == 0 ? own.erase(i) : std::next(i);
  }
}

void DescriptorTables::exec(Tid task) {
  unshare(task);
  std::erase_if(table(task), [](const auto& entry) { return entry.second.close_on_exec; });
}

void DescriptorTables::unshare(Tid task) {
  tables_[task] = std::make_shared<DescriptorTable>(table(task));
}

}  // namespace bygone::query
