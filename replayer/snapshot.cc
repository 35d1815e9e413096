#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "replayer/replay_session.h"
#include "tracee/extended_state.h"
#include "tracee/file_data.h"
#include "tracee/memory_advice.h"
#include "tracee/pagemap.h"
#include "tracee/stack_limit.h"
#include "tracee/stub_image.h"

namespace bygone {

namespace {

const std::vector<std::byte> kZeroes(64 * kPageSize);

uint64_t file_size(int fd) {
  struct stat st;
  return fstat(fd, &st) == 0 ? uint64_t(st.st_size) : 0;
}

// Behind the end of the file there is no memory, on its last page there are zeroes.
bool read_file_pages(int fd, uint64_t offset, std::span<std::byte> out) {
  const ssize_t got = pread(fd, out.data(), out.size(), off_t(offset));
  if (got <= 0) return false;
  std::fill(out.begin() + got, out.end(), std::byte{0});
  return true;
}

SnapshotSubject::File subject_of(const ContentFiles::SharedFile& file, EventNumber event) {
  SnapshotSubject::File subject;
  subject.row = {event, file.device, file.inode, file_size(file.fd)};
  subject.ranges = {{0, page_ceil(Address{subject.row.size_bytes}).value}};
  subject.read = [fd = file.fd](uint64_t offset, std::span<std::byte> out) {
    return read_file_pages(fd, offset, out);
  };
  return subject;
}

SnapshotPosition position_of(const ReplayedTask& task) {
  if (task.at_entry) return SnapshotPosition::in_call;
  return task.call_returned ? SnapshotPosition::call_returned : SnapshotPosition::user;
}

Place place_of(const Snapshot& snapshot, Tid task) {
  return {snapshot.event, task, "snapshot"};
}

// Calls use(bytes) for a visit's bytes in pieces, also where they are zeroes that are kept nowhere.
template <class Use>
Expected<void> in_pieces(uint64_t page, uint64_t count, std::span<const std::byte> bytes, Use&& use) {
  if (!bytes.empty()) return use(page * kPageSize, bytes);
  for (uint64_t done = 0; done < count;) {
    const uint64_t pages = std::min<uint64_t>(count - done, kZeroes.size() / kPageSize);
    BYGONE_TRY(use((page + done) * kPageSize, std::span<const std::byte>(kZeroes).first(pages * kPageSize)));
    done += pages;
  }
  return {};
}

// The pages of an address space, those of its own and those it sees of files, all by address.
PageTable pages_seen(const AddressSpace& space, const PageTable& own,
                     const std::vector<SnapshotState::FileState>& files) {
  PageTable seen;
  for (const auto& [start, mapping] : space.mappings()) {
    const auto file = std::find_if(files.begin(), files.end(), [&](const SnapshotState::FileState& f) {
      return f.row.device == mapping.recorded.device && f.row.inode == mapping.recorded.inode;
    });
    if (mapping.recorded.inode == 0 || file == files.end()) continue;
    const uint64_t first = mapping.recorded.offset_bytes / kPageSize;
    const uint64_t end = first + mapping.range().size_bytes() / kPageSize;
    for (const PageRun& run : file->pages)
      for (uint64_t page = std::max(run.at, first); page < std::min(run.at + run.count, end); ++page) {
        const uint64_t at = start.value / kPageSize + (page - first);
        if (find_run(own, at) == nullptr) add_page(seen, at, run.page(page));
      }
  }
  seen.insert(seen.end(), own.begin(), own.end());
  std::sort(seen.begin(), seen.end(), [](const PageRun& a, const PageRun& b) { return a.at < b.at; });
  return seen;
}

}  // namespace

Expected<Snapshot> ReplaySession::keep(SnapshotWriter& writer) {
  SnapshotSubject subject;
  subject.event = outcome_.last_event;
  std::set<const ReplayedSpace*> seen;
  for (auto& [tid, task] : tasks_) {
    if (!task.space) continue;
    ReplayedSpace& space = *task.space;
    auto& state = subject.tasks.emplace_back();
    state.row = {subject.event, tid, task.tgid, space.space.id(), position_of(task)};
    state.registers = task.registers;
    if (get_extended_state(task.pid, state.extended_state) == Outcome::gone)
      return fail(ErrorKind::divergence, fmt::format("replayed process {}", task.pid),
                  "was killed from outside");
    if (!seen.insert(&space).second) continue;
    const auto row = space_rows_.find(space.space.id());
    const AddressSpaceId parent = row == space_rows_.end() ? AddressSpaceId{} : row->second.parent;
    subject.spaces.push_back(
        {&space.space, parent, &space.memory, task.pid, stack_limit_of(task.pid), has_advice_});
  }
  for (const ContentFiles::SharedFile& file : files_.shared_files())
    subject.files.push_back(subject_of(file, subject.event));
  return writer.write(subject);
}

Expected<void> ReplaySession::restore(const SnapshotState& state) {
  BYGONE_TRY(restore_files(state));
  for (const auto& space : state.spaces) {
    std::vector<const TaskState*> tasks;
    for (const TaskState& task : state.tasks)
      if (task.row.address_space == space.row.address_space) tasks.push_back(&task);
    if (tasks.empty())
      return fail(ErrorKind::bad_data, fmt::format("snapshot of event {}", state.snapshot.event.value),
                  fmt::format("has memory {} that nobody runs in", space.row.address_space.value));
    BYGONE_TRY(restore_space(space, tasks));
  }
  if (!tasks_.contains(first_task_)) outcome_.wait_status = first_status_;
  return {};
}

// First of all: private mappings of a file show what others have stored there.
Expected<void> ReplaySession::restore_files(const SnapshotState& state) {
  const EventNumber event = state.snapshot.event;
  std::map<std::pair<Device, uint64_t>, std::vector<Mapping>> users;
  for (const auto& space : state.spaces) {
    BYGONE_ASSIGN(auto mappings, recording_.mappings_at(space.row.address_space, event));
    for (Mapping& mapping : mappings) {
      const KernelMapping& file = mapping.recorded;
      if (file.inode == 0) continue;
      if (mapping.is_shared()) BYGONE_TRY(files_.file_for(mapping));
      if (mapping.is_shared() || mapping.data.source == DataSource::content)
        users[{file.device, file.inode}].push_back(std::move(mapping));
    }
  }
  for (const auto& [row, pages] : state.files) {
    std::set<int> fds;
    const auto& mapped = users[{row.device, row.inode}];
    for (const Mapping& mapping : mapped) {
      BYGONE_ASSIGN(const ContentFiles::File* const file, files_.file_for(mapping));
      if (file != nullptr) fds.insert(file->fd);
    }
    if (fds.empty()) {
      BYGONE_ASSIGN(const int fd, files_.shared_file(row.device, row.inode, row.size_bytes));
      fds.insert(fd);
    }
    for (const int fd : fds) BYGONE_TRY(restore_file(fd, pages));
  }
  return {};
}

Expected<void> ReplaySession::restore_file(int fd, const PageTable& pages) {
  const uint64_t size = file_size(fd);
  const auto write = [&](uint64_t offset, std::span<const std::byte> bytes) -> Expected<void> {
    if (offset >= size) return {};
    const auto part = bytes.first(std::min<uint64_t>(bytes.size(), size - offset));
    if (pwrite(fd, part.data(), part.size(), off_t(offset)) == ssize_t(part.size())) return {};
    return fail(ErrorKind::io, "shared memory", fmt::format("cannot be laid out: {}", std::strerror(errno)),
                "free some memory");
  };
  const uint64_t reach = page_ceil(Address{size}).value / kPageSize;
  return snapshots_.visit_pages(pages, [&](uint64_t page, uint64_t count, auto bytes) -> Expected<void> {
    if (page >= reach) return {};
    count = std::min(count, reach - page);
    if (!bytes.empty()) return in_pieces(page, count, bytes.first(count * kPageSize), write);
    // Zeroes take no memory.
    const bool punched = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off_t(page * kPageSize),
                                   off_t(count * kPageSize)) == 0;
    return punched ? Expected<void>{} : in_pieces(page, count, bytes, write);
  });
}

// The first task has the process the memory is made in, the others share it.
Expected<void> ReplaySession::restore_space(const SnapshotState::SpaceState& state,
                                            const std::vector<const TaskState*>& tasks) {
  BYGONE_ASSIGN(const pid_t pid, processes_.make());
  const auto space = make_space(state.row.address_space, pid, state.row.event);
  set_stack_limit(pid, state.row.stack_limit_bytes);
  BYGONE_ASSIGN(ReplayedTask* const first, restore_task(*tasks.front(), pid, space));
  BYGONE_TRY(fill_space(state, *first));
  BYGONE_TRY(set_state(*first, state.row.event, tasks.front()->extended_state));
  for (const TaskState* const task : std::span(tasks).subspan(1)) {
    const Place place{state.row.event, task->row.task, "snapshot"};
    BYGONE_ASSIGN(const pid_t sharer, clone_process(*first, Memory::shared, place));
    space->users.insert(sharer);
    BYGONE_ASSIGN(const ReplayedTask* const restored, restore_task(*task, sharer, space));
    BYGONE_TRY(set_state(*restored, state.row.event, task->extended_state));
  }
  return {};
}

Expected<void> ReplaySession::fill_space(const SnapshotState::SpaceState& state, ReplayedTask& task) {
  const EventNumber event = state.row.event;
  ReplayedSpace& space = *task.space;
  BYGONE_TRY(materialiser_.clear(task.pid, space.memory));
  BYGONE_TRY(adopt_mappings(space, event, nullptr));
  std::vector<Part> parts;
  for (const auto& [start, mapping] : space.space.mappings()) parts.push_back({&mapping, mapping.range()});
  BYGONE_TRY(materialiser_.make(task.pid, space.memory, parts, Filling::files_only));
  const auto write = [&](uint64_t address, std::span<const std::byte> bytes) -> Expected<void> {
    const bool ours = range_of(Address{address}, bytes.size()).intersects(kOwnPages);
    if (!ours && space.memory.write(Address{address}, bytes)) return {};
    return fail(ErrorKind::bad_data, fmt::format("snapshot of event {}", event.value),
                fmt::format("has pages at 0x{:x} where nothing is mapped", address),
                "`bygone verify` says how far the recording can be used");
  };
  BYGONE_TRY(snapshots_.visit_pages(state.pages, [&](uint64_t page, uint64_t count, auto bytes) {
    return in_pieces(page, count, bytes, write);
  }));
  std::vector<RemoteCall> calls;
  for (const SnapshotAdvice& advice : state.advice) {
    const bool sound = lasts(uint64_t(advice.advice)) && advice.start < advice.end &&
                       !MemoryRange{advice.start, advice.end}.intersects(kOwnPages);
    if (!sound)
      return fail(
          ErrorKind::bad_data, fmt::format("snapshot of event {}", event.value),
          fmt::format("holds advice {} on 0x{:x}, which no snapshot does", advice.advice, advice.start.value),
          "no recorder makes such a recording: do not trust it");
    calls.push_back({SYS_madvise, {advice.start.value, advice.end - advice.start, uint64_t(advice.advice)}});
  }
  has_advice_ = has_advice_ || !calls.empty();
  return materialiser_.run(task.pid, space.memory, calls, "madvise");
}

// Takes the process, whatever becomes of the restoring.
Expected<ReplayedTask*> ReplaySession::restore_task(const TaskState& state, pid_t pid,
                                                    std::shared_ptr<ReplayedSpace> space) {
  ReplayedTask task;
  task.tid = state.row.task;
  task.tgid = state.row.tgid;
  task.pid = pid;
  task.space = std::move(space);
  task.registers = state.registers;
  task.registers_set = false;
  task.at_entry = state.row.position == SnapshotPosition::in_call;
  task.call_returned = state.row.position == SnapshotPosition::call_returned;
  const auto [restored, is_new] = tasks_.try_emplace(state.row.task, std::move(task));
  if (is_new) return &restored->second;
  end_process(pid);
  return fail(ErrorKind::bad_data, fmt::format("snapshot of event {}", state.row.event.value),
              fmt::format("has two tasks {}", state.row.task.value),
              "`bygone verify` says how far the recording can be used");
}

Expected<void> ReplaySession::compare(const SnapshotState& state) {
  if (tasks_.size() != state.tasks.size())
    return diverged(place_of(state.snapshot, Tid{}),
                    fmt::format("expected {} tasks, found {}", state.tasks.size(), tasks_.size()));
  for (const auto& expected : state.tasks) {
    const Place place = place_of(state.snapshot, expected.row.task);
    BYGONE_ASSIGN(ReplayedTask* const task, find(place));
    if (position_of(*task) != expected.row.position || task->tgid != expected.row.tgid ||
        task->space->space.id() != expected.row.address_space)
      return diverged(place, "it does not stand where the snapshot says");
    BYGONE_TRY(compare_registers(place, expected.registers, task->registers));
    std::vector<std::byte> extended;
    if (get_extended_state(task->pid, extended) == Outcome::gone)
      return diverged(place, "its process was killed from outside");
    if (const auto differs = difference_of_extended_states(extended, expected.extended_state))
      return diverged(place, fmt::format("its XSAVE area differs at byte {}", *differs));
  }
  for (const auto& space : state.spaces)
    for (auto& [tid, task] : tasks_) {
      if (task.space->space.id() != space.row.address_space) continue;
      BYGONE_TRY(compare_space(task, pages_seen(task.space->space, space.pages, state.files),
                               place_of(state.snapshot, tid)));
      break;
    }
  return {};
}

// Where something may be; the rest is zero. To read it would make memory of it (tracee/file_data.h).
std::vector<MemoryRange> ReplaySession::parts_with_memory(ReplayedTask& task, const MemoryRange& range) {
  std::vector<MemoryRange> parts;
  Pagemap pagemap(task.pid);
  for (const auto& [start, mapping] : task.space->space.mappings()) {
    const MemoryRange part = range.intersect(mapping.range());
    if (part.empty()) continue;
    if (mapping.replayed && mapping.replayed->inode != 0) {
      const uint64_t from = mapping.replayed->offset_bytes + (part.start - start);
      const auto file = find_file_data(task.pid, *mapping.replayed, from, from + part.size_bytes());
      if (!file) {
        parts.push_back(part);
        continue;
      }
      for (const auto& [begin, end] : file->data)
        parts.push_back({part.start + (begin - from), part.start + (end - from)});
    }
    if (mapping.recorded.prot.shared) continue;
    const auto add_own = [&](Address page, Pagemap::Page found) -> Expected<void> {
      if (found == Pagemap::Page::own) parts.push_back(range_of(page, kPageSize));
      return {};
    };
    static_cast<void>(pagemap.for_each(part, add_own));
  }
  return parts;
}

Expected<void> ReplaySession::compare_space(ReplayedTask& task, const PageTable& pages, const Place& place) {
  const LeftOut ignored = left_out(task, task.registers);
  TraceeMemory& memory = task.space->memory;
  // What recording and replay may rightly differ in becomes equal.
  const auto blank = [&](Address at, std::span<std::byte> found, std::span<const std::byte> expected) {
    const MemoryRange range = range_of(at, found.size());
    const auto copy = [&](const MemoryRange& part) {
      if (part.empty()) return;
      const auto from = expected.begin() + ptrdiff_t(part.start - at);
      std::copy(from, from + ptrdiff_t(part.size_bytes()), found.begin() + ptrdiff_t(part.start - at));
    };
    for (const MemoryRange& in_flight : ignored.in_flight) copy(range.intersect(in_flight));
    const Mapping* const mapping = task.space->space.find(at);
    if (mapping != nullptr) copy(range.intersect(ignored.dead_part(*mapping)));
  };
  std::vector<std::byte> found;
  const auto compare = [&](uint64_t address, std::span<const std::byte> expected) -> Expected<void> {
    found.resize(expected.size());
    for (size_t i = 0; i < expected.size(); i += kPageSize) {
      const Address at{address + i};
      const auto mine = std::span(found).subspan(i, kPageSize);
      const auto theirs = expected.subspan(i, kPageSize);
      if (!memory.read(at, mine)) return diverged(place, fmt::format("no memory at 0x{:x}", at.value));
      blank(at, mine, theirs);
      const auto differ = std::mismatch(mine.begin(), mine.end(), theirs.begin());
      if (differ.first != mine.end())
        return diverged(place, fmt::format("memory at 0x{:x}: expected {:02x}, found {:02x}",
                                           at.value + uint64_t(differ.first - mine.begin()),
                                           unsigned(*differ.second), unsigned(*differ.first)));
    }
    return {};
  };
  BYGONE_TRY(snapshots_.visit_pages(pages, [&](uint64_t page, uint64_t count, auto bytes) -> Expected<void> {
    if (!bytes.empty()) return in_pieces(page, count, bytes, compare);
    const MemoryRange zeroes = range_of(Address{page * kPageSize}, count * kPageSize);
    for (const MemoryRange& part : parts_with_memory(task, zeroes))
      BYGONE_TRY(in_pieces(part.start.value / kPageSize, part.size_bytes() / kPageSize, {}, compare));
    return {};
  }));
  // And what no table names is as its mapping says.
  Pagemap pagemap(task.pid);
  std::vector<std::byte> page(kPageSize);
  for (const auto& [start, mapping] : task.space->space.mappings()) {
    if (!holds_private_pages(mapping)) continue;
    BYGONE_TRY(pagemap.for_each(mapping.range(), [&](Address here, Pagemap::Page state) -> Expected<void> {
      if (state != Pagemap::Page::own || find_run(pages, here.value / kPageSize) != nullptr) return {};
      if (!memory.read(here, page)) return {};
      blank(here, page, kZeroes);
      return compare_own_page(mapping, here, page, place);
    }));
  }
  return {};
}

Expected<void> ReplaySession::compare_own_page(const Mapping& mapping, Address at,
                                               std::span<const std::byte> page, const Place& place) {
  std::vector<std::byte> expected(kPageSize);
  if (mapping.recorded.inode != 0) {
    BYGONE_ASSIGN(const ContentFiles::File* const file, files_.file_for(mapping));
    if (file != nullptr && mapping.replayed)
      read_file_pages(file->fd, mapping.replayed->offset_bytes + (at - mapping.range().start), expected);
  }
  const auto differ = std::mismatch(page.begin(), page.end(), expected.begin());
  if (differ.first == page.end()) return {};
  return diverged(place, fmt::format("memory at 0x{:x}: expected {:02x} as it was mapped, found {:02x}",
                                     at.value + uint64_t(differ.first - page.begin()),
                                     unsigned(*differ.second), unsigned(*differ.first)));
}

}  // namespace bygone
