#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <ctime>

#include "recorder/descriptor.h"
#include "recorder/session.h"
#include "tracee/call_result.h"
#include "tracee/descriptors.h"
#include "tracee/file_data.h"
#include "tracee/kernel_aio.h"
#include "tracee/memory_advice.h"
#include "tracee/pagemap.h"
#include "tracee/proc_maps.h"
#include "tracee/stub_image.h"

namespace bygone {

namespace {

// What of mmap's flags outlives the call.
uint32_t lasting_flags(uint64_t flags) {
  const uint32_t sharing =
      (flags & MAP_SHARED) != 0 ? MAP_SHARED : MAP_PRIVATE;  // MAP_SHARED_VALIDATE has both bits
  return sharing | (uint32_t(flags) & (MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_NORESERVE | MAP_HUGETLB));
}

// mmap(2), MAP_HUGETLB. Where the size is not given it is the kernel's choice, which can be changed when it
// is started only.
uint64_t page_size_of(uint64_t flags) {
  constexpr uint64_t kUsualHugePage = uint64_t{2} << 20;
  const uint64_t logarithm = flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;
  if ((flags & (MAP_ANONYMOUS | MAP_HUGETLB)) != (MAP_ANONYMOUS | MAP_HUGETLB)) return kPageSize;
  return logarithm != 0 ? uint64_t{1} << logarithm : kUsualHugePage;
}

bool just_written(const FileStat& stat) {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  constexpr int64_t kNsPerSecond = 1'000'000'000;
  return int64_t(now.tv_sec) * kNsPerSecond - stat.mtime_ns < kFreshFileSeconds * kNsPerSecond;
}

// No file in the usual sense: a device, a ring of the kernel's.
bool is_device(int fd, const KernelMapping& mapping) {
  struct stat st;
  if (fd >= 0 && fstat(fd, &st) == 0) return !S_ISREG(st.st_mode);
  return mapping.path.starts_with("anon_inode:") || mapping.path.starts_with("socket:") ||
         mapping.path.starts_with(kAioRingPath);
}

// What of the mapping has the file behind it: pages beyond its end cannot be touched.
MemoryRange part_in_file(const KernelMapping& mapping) {
  const uint64_t size = page_ceil(Address{mapping.file_stat.size_bytes}).value;
  const uint64_t reach = size > mapping.offset_bytes ? size - mapping.offset_bytes : 0;
  return {mapping.range.start, std::min(mapping.range.end, mapping.range.start + reach)};
}

}  // namespace

Expected<void> Session::describe_new_mapping(RecordedTask& task, int fd, Mapping& mapping) {
  const auto kernel = find_mapping(task.tid, mapping.range().start);
  if (!kernel) return {};  // killed meanwhile
  mapping.recorded.device = kernel->device;
  mapping.recorded.inode = kernel->inode;
  mapping.recorded.path = kernel->path;
  if (kernel->inode == 0) return {};
  const bool anonymous = (mapping.recorded.flags & MAP_ANONYMOUS) != 0;
  if (mapping.kind == MappingKind::anonymous && mapping.recorded.prot.shared)
    mapping.kind = MappingKind::shared_memory;
  else if (mapping.kind == MappingKind::anonymous && !anonymous)
    mapping.kind = MappingKind::file;
  if (anonymous) return {};
  const Descriptor file(fd < 0 ? -1 : take_descriptor(task.tgid, task.tid, fd));
  BYGONE_ASSIGN(const bool kept, files_.keep(task.tid, file.get(), mapping));
  if (mapping.recorded.prot.shared || just_written(mapping.recorded.file_stat)) maps_changing_files_ = true;
  if (kept) return {};
  if (!is_device(file.get(), mapping.recorded)) {
    // Its bytes as of now are kept; what others change later is not seen.
    note_uncaptured(SYS_mmap, mapping.recorded.path);
    ++outcome_.uncaptured_calls;
    capture_range(task, mapping.range());
    return {};
  }
  maps_devices_ = true;
  mapping.kind = MappingKind::device;
  task.space->devices.begin(file.get(), mapping.recorded, task.space->memory);
  return {};
}

// Somebody shares the file: what was written to the part nobody mapped shows only now.
bool Session::is_shared(const KernelMapping& file) const {
  for (const auto& [tid, task] : tasks_) {
    if (!task->space) continue;
    for (const auto& [start, mapping] : task->space->space.mappings())
      if (mapping.recorded.prot.shared && mapping.recorded.inode == file.inode &&
          mapping.recorded.device == file.device)
        return true;
  }
  return false;
}

Expected<void> Session::on_mmap(RecordedTask& task, Address start) {
  const Registers& call = task.entry.registers;
  const uint64_t flags = call.argument(3);
  Mapping mapping;
  const uint64_t page_size = page_size_of(flags);
  const uint64_t size = (call.argument(1) + page_size - 1) / page_size * page_size;
  mapping.recorded.range = {start, start + size};
  mapping.recorded.flags = lasting_flags(flags);
  mapping.recorded.prot = Protection::of_bits(int(call.argument(2)), (flags & MAP_SHARED) != 0);
  mapping.recorded.offset_bytes = (flags & MAP_ANONYMOUS) != 0 ? 0 : call.argument(5);
  // Huge pages are those of a file of the kernel's.
  const bool plain_memory =
      (flags & (MAP_ANONYMOUS | MAP_HUGETLB)) == MAP_ANONYMOUS && !mapping.recorded.prot.shared;
  if (!plain_memory) BYGONE_TRY(describe_new_mapping(task, int(call.argument(4)), mapping));
  const bool code = mapping.recorded.prot.execute && mapping.data.source == DataSource::content;
  const MemoryRange range = mapping.range();
  const bool changed_since = mapping.data.source == DataSource::content && is_shared(mapping.recorded);
  const KernelMapping file = mapping.recorded;
  task.space->space.insert(log_.next(), std::move(mapping));
  if (changed_since) capture_file_part(task, file, part_in_file(file));
  if (code) trap_timestamps(task, range);
  return {};
}

void Session::on_mremap(RecordedTask& task, Address start) {
  const Registers& call = task.entry.registers;
  AddressSpace& space = task.space->space;
  const EventNumber at = log_.next();
  const MemoryRange from{Address{call.argument(0)}, page_ceil(Address{call.argument(0) + call.argument(1)})};
  const uint64_t new_size = page_ceil(Address{call.argument(2)}).value;
  const bool stays = (call.argument(3) & MREMAP_DONTUNMAP) != 0 || from.empty();
  const auto source = stays ? AddressSpace::Source::stays : AddressSpace::Source::removed;
  // Linux 6.17 moves several mappings at once when their size does not change.
  std::vector<MemoryRange> pieces;
  for (Address piece = from.start; piece < from.end && new_size == from.size_bytes();) {
    const Mapping* mapping = space.find(piece);
    if (mapping == nullptr) {
      piece = piece + kPageSize;
      continue;
    }
    pieces.push_back(mapping->range().intersect({piece, from.end}));
    piece = pieces.back().end;
  }
  const bool is_whole = pieces.empty() || pieces.front() == from;
  if (is_whole) return space.move(at, from, start, new_size, source);
  for (const MemoryRange& piece : pieces)
    space.move(at, piece, start + (piece.start - from.start), piece.size_bytes(), source);
}

// But for the large holes of a sparse file, which a replay's has too unless a call has made them.
void Session::capture_file_part(RecordedTask& task, const KernelMapping& file, const MemoryRange& part) {
  constexpr uint64_t kLargeBytes = uint64_t{64} << 20;
  const auto offset_of = [&](Address at) { return file.offset_bytes + (at - file.range.start); };
  const auto address_of = [&](uint64_t offset) { return file.range.start + (offset - file.offset_bytes); };
  std::optional<FileData> found;
  if (part.size_bytes() > kLargeBytes && !makes_holes_ && !files_.are_watched())
    found = find_file_data(task.tid, file, offset_of(part.start), offset_of(part.end));
  if (!found) return capture_range(task, part);
  for (const auto& [begin, end] : found->data) capture_range(task, {address_of(begin), address_of(end)});
  for (const auto& [begin, end] : found->holes)
    if (end - begin < kLargeBytes) capture_range(task, {address_of(begin), address_of(end)});
}

// A mapping of a file that grew shows what was written there while nobody mapped it.
void Session::capture_new_file_part(RecordedTask& task, Address start) {
  const Registers& call = task.entry.registers;
  const Mapping* const mapping = task.space->space.find(start);
  if (mapping == nullptr || mapping->data.source != DataSource::content) return;
  const MemoryRange grown{page_ceil(start + call.argument(1)), page_ceil(start + call.argument(2))};
  struct stat st;
  const std::string link = fmt::format("/proc/{}/map_files/{:x}-{:x}", task.tid, mapping->range().start.value,
                                       mapping->range().end.value);
  KernelMapping now = mapping->recorded;
  if (stat(link.c_str(), &st) == 0) now.file_stat.size_bytes = uint64_t(st.st_size);
  capture_file_part(task, now, part_in_file(now).intersect(grown));
}

void Session::on_brk(RecordedTask& task, Address now) {
  const Address before = page_ceil(task.space->program_break);
  const Address after = page_ceil(now);
  const bool known = static_cast<bool>(task.space->program_break);
  task.space->program_break = now;
  if (!known || before == after) return;  // growth not followed from the beginning is found by its size
  if (after < before) return task.space->space.remove(log_.next(), {after, before});
  Mapping heap;
  heap.recorded.range = {before, after};
  heap.recorded.flags = MAP_PRIVATE | MAP_ANONYMOUS;
  heap.recorded.prot = Protection{true, true, false, false};
  heap.recorded.path = "[heap]";
  heap.kind = MappingKind::heap;
  task.space->space.insert(log_.next(), std::move(heap));
}

// The kernel makes of it a new mapping of the same file (mm/mmap.c), whatever the call once was.
void Session::on_remap_file_pages(RecordedTask& task) {
  const Registers& call = task.entry.registers;
  const Address start = page_floor(Address{call.argument(0)});
  const Mapping* const old = task.space->space.find(start);
  if (old == nullptr) return;
  const MemoryRange range{start, page_floor(start + call.argument(1))};
  Mapping mapping = slice(*old, old->range().intersect(range));
  mapping.recorded.range = range;
  mapping.recorded.offset_bytes = call.argument(3) * kPageSize;
  if (mapping.data.source == DataSource::content) mapping.data.offset_bytes = mapping.recorded.offset_bytes;
  mapping.data.kept = false;
  task.space->space.insert(log_.next(), std::move(mapping));
}

Expected<void> Session::on_shmat(RecordedTask& task, Address start) {
  const auto kernel = find_mapping(task.tid, start);
  if (!kernel) return {};
  Mapping mapping;
  mapping.recorded = *kernel;
  mapping.kind = MappingKind::shared_memory;
  // A segment somebody else made and filled: its bytes as they are now.
  if (known_segments_.insert(kernel->inode).second) capture_range(task, kernel->range);
  task.space->space.insert(log_.next(), std::move(mapping));
  return {};
}

// A replay makes the call itself. But it does not know how far one came that failed on its way (memory that
// is locked, say), and its file behind a private mapping is as it was when it was mapped.
void Session::capture_emptied(RecordedTask& task, const MemoryRange& range, int64_t result) {
  const uint64_t advice = task.entry.registers.argument(2);
  if (!empties(advice) || range.empty()) return;
  if (is_error(result) && result != -ENOMEM) {
    // What it has emptied lies before the first page that is there.
    const Mapping* const first = task.space->space.find(range.start);
    const bool refused = task.forced_result || page_floor(range.start) != range.start || first == nullptr ||
                         (advice == MADV_REMOVE && !first->recorded.prot.shared);
    if (!refused) capture_range(task, {range.start, Pagemap(task.tid).first_present(range)});
    return;
  }
  if (written_while_private_.empty()) return;
  std::vector<MemoryRange> shown_again;
  for (const auto& [start, mapping] : task.space->space.mappings())
    if (!mapping.recorded.prot.shared && mapping.range().intersects(range) &&
        written_while_private_.contains(mapping.recorded.inode))
      shown_again.push_back(mapping.range().intersect(range));
  capture_ranges(task, shown_again);
}

Expected<void> Session::on_mapping_call(RecordedTask& task, int64_t result) {
  const Registers& call = task.entry.registers;
  AddressSpace& space = task.space->space;
  const uint64_t number = call[Register::orig_rax];
  const bool failed = is_error(result);
  const MemoryRange range{Address{call.argument(0)}, page_ceil(Address{call.argument(0) + call.argument(1)})};
  if (read_implies_exec_) read_all_mappings_ = true;
  switch (number) {
    case SYS_mmap:
      return failed ? Expected<void>{} : on_mmap(task, Address{uint64_t(result)});
    case SYS_munmap:
      if (failed) return {};
      for (const MemoryRange& part : beside_own_pages(range)) space.remove(log_.next(), part);
      return {};
    case SYS_mprotect:
    case SYS_pkey_mprotect: {
      const bool plain = !failed && !filters_may_feign_ &&
                         (call.argument(2) & ~uint64_t{PROT_READ | PROT_WRITE | PROT_EXEC}) == 0;
      if (plain) {
        space.protect(log_.next(), range, Protection::of_bits(int(call.argument(2)), false));
      } else {
        // Changed in part before it failed, or down to the start of a stack, or not at all.
        read_all_mappings_ = true;
        BYGONE_TRY(follow_kernel(task));
      }
      if (!failed && (call.argument(2) & PROT_EXEC) != 0) trap_timestamps(task, range);
      return {};
    }
    case SYS_mremap:
      if (failed) return {};
      on_mremap(task, Address{uint64_t(result)});
      if (call.argument(2) > call.argument(1)) capture_new_file_part(task, Address{uint64_t(result)});
      return {};
    case SYS_brk:
      if (filters_may_feign_)
        read_all_mappings_ = true;
      else if (!failed)
        on_brk(task, Address{uint64_t(result)});
      return {};
    case SYS_remap_file_pages:
      if (!failed) on_remap_file_pages(task);
      return {};
    case SYS_madvise:
      capture_emptied(task, range, result);
      return {};
    case SYS_io_setup:
      if (!failed) on_io_setup(task);
      return {};
    case SYS_io_destroy:
      if (!failed) on_io_destroy(task);
      return {};
    case SYS_shmat:
      return failed ? Expected<void>{} : on_shmat(task, Address{uint64_t(result)});
    default:
      return {};
  }
}

Expected<void> Session::follow_kernel(RecordedTask& task) {
  RecordedSpace& where = *task.space;
  AddressSpace& space = where.space;
  const int64_t pages = mapped_pages(task.tid, where.statm);
  if (pages < 0) return {};
  const bool as_known = pages == int64_t(space.total_pages()) + where.page_excess;
  if (as_known && !std::exchange(read_all_mappings_, false)) return {};
  const auto kernel = read_maps(task.tid);
  if (!kernel) return {};
  const EventNumber at = log_.next();
  std::vector<MemoryRange> gone;
  for (const auto& [start, mapping] : space.mappings()) {
    Address covered = start;
    for (const KernelMapping& line : *kernel) {
      if (line.range.end <= covered || line.range.start >= mapping.range().end) continue;
      if (line.range.start > covered) gone.push_back({covered, line.range.start});
      covered = line.range.end;
    }
    if (covered < mapping.range().end) gone.push_back({covered, mapping.range().end});
  }
  for (const MemoryRange& range : gone) space.remove(at, range);
  for (const KernelMapping& line : *kernel) {
    if (line.path == "[vsyscall]") continue;
    for (Address from = line.range.start; from < line.range.end;) {
      if (const Mapping* known = space.find(from)) {
        const MemoryRange part = known->range().intersect(line.range);
        if (known->recorded.prot != line.prot) space.protect(at, part, line.prot);
        from = part.end;
        continue;
      }
      const auto above = space.mappings().upper_bound(from);
      const Address end =
          above == space.mappings().end() ? line.range.end : std::min(line.range.end, above->first);
      const bool grew = above != space.mappings().end() && above->first == end && end < line.range.end &&
                        above->second.recorded.prot == line.prot;
      if (grew) {
        space.grow_down(at, end, from);
      } else {
        Mapping mapping;
        mapping.recorded = line.slice({from, end});
        if (line.inode == 0) mapping.recorded.flags |= MAP_ANONYMOUS;
        if (line.path == "[heap]") mapping.kind = MappingKind::heap;
        BYGONE_TRY(describe_new_mapping(task, -1, mapping));
        space.insert(at, std::move(mapping));
      }
      from = end;
    }
  }
  where.page_excess = pages - int64_t(space.total_pages());
  return {};
}

}  // namespace bygone
