#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <algorithm>

#include "recorder/kinship.h"
#include "recorder/session.h"
#include "tracee/call_result.h"

namespace bygone {

void Session::warn(const std::string& text) const {
  if (options_.warn) options_.warn(text);
}

void Session::tell_uncaptured(int32_t call, const std::string& detail, const std::string& text) {
  if (!uncaptured_.contains({call, detail})) warn(text);
  note_uncaptured(call, detail);
}

void Session::note_uncaptured(int32_t call, const std::string& detail) {
  UncapturedCall& entry = uncaptured_[{call, detail}];
  if (entry.count++ == 0) {
    entry.call = call;
    entry.detail = detail;
    entry.first_event = log_.next();
  }
}

std::vector<MemoryRange> Session::writable_memory(const RecordedTask& task) {
  std::vector<MemoryRange> writable;
  for (const auto& [start, mapping] : task.space->space.mappings())
    if (mapping.recorded.prot.write && mapping.kind != MappingKind::bygone)
      writable.push_back(mapping.range());
  return writable;
}

void Session::watch_memory(RecordedTask& task) {
  auto watch = MemoryWatch::begin(task.tid, writable_memory(task));
  // Too much memory to copy: the call is counted, and what it wrote stays unknown.
  if (watch) task.watch = std::make_unique<MemoryWatch>(std::move(*watch));
}

bool Session::checks_row(const RecordedTask& task) const {
  return options_.row_checking == RowChecking::on && task.row != nullptr &&
         task.row->call_class == CallClass::plain;
}

// While it was away others may have written, and calls of others on the same memory may be writing now, as
// may whoever slept in a page fault that this call has served.
bool Session::writes_alone(const RecordedTask& task) const {
  if (task.lost_turn) return false;
  return std::none_of(tasks_.begin(), tasks_.end(), [&](const auto& t) {
    const RecordedTask& other = *t.second;
    const bool moves = other.in_call || other.computing || other.sleeps_in_fault || ran_on(other);
    return &other != &task && other.space == task.space && moves;
  });
}

void Session::compare_with_row(RecordedTask& task, const std::vector<MemoryRange>& changed,
                               const std::vector<MemoryRange>& described) {
  ++outcome_.checked_calls;
  std::vector<MemoryRange> left = uncovered(changed, described);
  // What others store in shared memory, and where a file that this call has written to shows it, is no row's.
  const bool writes_file = writes_to_file(task);
  const bool writes_memory = writes_file && writes_to_memory_file(task);
  std::erase_if(left, [&](const MemoryRange& range) {
    const Mapping* const mapping = task.space->space.find(range.start);
    if (mapping == nullptr) return false;
    return writes_memory || mapping->recorded.prot.shared || (writes_file && mapping->recorded.inode != 0);
  });
  if (left.empty()) return;
  ++outcome_.misdescribed_calls;
  warn(
      fmt::format("event {}, task {}, {}(0x{:x}, 0x{:x}, 0x{:x}): changed {} bytes at 0x{:x} that its "
                  "row does not mention",
                  log_.next().value, task.tid, task.row->name, task.entry.registers.argument(0),
                  task.entry.registers.argument(1), task.entry.registers.argument(2),
                  left.front().size_bytes(), left.front().start.value));
}

void Session::capture_writes(RecordedTask& task, int64_t result) {
  const std::unique_ptr<MemoryWatch> watch = std::move(task.watch);
  if (task.forced_result) return;
  // This one may fail after it has emptied some of the pages, and empties whole ranges.
  const bool fails_late = task.entry.registers[Register::orig_rax] == SYS_process_madvise && is_error(result);
  const Capture capture =
      written_by(task.entry, fails_late ? 0 : result, task.space->memory, &task.space->space);
  const ProvidedPages provided = pages_provided_by(task, result);
  if (watch) {
    const bool only_checks = capture.unknown.empty();
    if (!only_checks) {
      capture_ranges(task, watch->changed());
    } else if (writes_alone(task)) {
      const std::vector<MemoryRange> changed = watch->changed(ChangeDetail::exact);
      capture_ranges(task, changed);
      if (checks_row(task)) {
        std::vector<MemoryRange> described = capture.ranges;
        described.push_back(provided.range);
        compare_with_row(task, changed, described);
      }
    }
  }
  const bool handled_elsewhere = task.entry.registers[Register::orig_rax] == SYS_process_vm_writev;
  if (capture.unknown.empty() || handled_elsewhere) {
    capture_ranges(task, capture.ranges);
    return capture_provided_pages(task, provided);
  }
  note_uncaptured(int32_t(task.entry.registers[Register::orig_rax]), capture.unknown);
  ++(watch ? outcome_.compared_calls : outcome_.uncaptured_calls);
  capture_ranges(task, capture.ranges);
}

Session::ProvidedPages Session::pages_provided_by(const RecordedTask& task, int64_t result) {
  const Registers& call = task.entry.registers;
  if (call[Register::orig_rax] != SYS_ioctl || (result != 0 && result != -EAGAIN)) return {};
  TraceeMemory& memory = task.space->memory;
  const Address request{call.argument(2)};
  uffdio_copy copy{};
  uffdio_zeropage zero{};
  switch (uint32_t(call.argument(1))) {
    case UFFDIO_COPY:
      if (!memory.read_value(request, copy) || copy.copy <= 0) return {};
      return {range_of(Address{copy.dst}, std::min<uint64_t>(uint64_t(copy.copy), copy.len)),
              Address{copy.src}};
    case UFFDIO_ZEROPAGE:
      if (!memory.read_value(request, zero) || zero.zeropage <= 0) return {};
      return {
          range_of(Address{zero.range.start}, std::min<uint64_t>(uint64_t(zero.zeropage), zero.range.len)),
          {}};
    default:
      return {};
  }
}

// Who waited for the pages runs on while this call returns, and may have stored there already; that belongs
// to a later event.
void Session::capture_provided_pages(RecordedTask& task, const ProvidedPages& pages) {
  constexpr uint64_t kPiece = 1 << 20;
  std::vector<std::byte> piece;
  for (uint64_t done = 0; done < pages.range.size_bytes(); done += kPiece) {
    piece.resize(std::min(kPiece, pages.range.size_bytes() - done));
    if (pages.from && !task.space->memory.read(pages.from + done, piece)) return;
    log_.memory_write(Tid{task.tid}, pages.range.start + done, piece);
  }
}

void Session::capture_ranges(RecordedTask& of, const std::vector<MemoryRange>& ranges) {
  for (const MemoryRange& range : ranges) capture_range(of, range);
}

void Session::capture_range(RecordedTask& of, const MemoryRange& range) {
  if (range.intersects(kOwnPages)) return capture_ranges(of, beside_own_pages(range));
  constexpr uint64_t kPiece = 1 << 20;
  std::vector<std::byte> bytes;
  for (Address at = range.start; at < range.end;) {
    const uint64_t size = std::min<uint64_t>(kPiece, range.end - at);
    bytes.resize(size);
    if (of.space->memory.read(at, bytes)) {
      log_.memory_write(Tid{of.tid}, at, bytes);
      at = at + size;
      continue;
    }
    // Page by page where a range runs into unmapped memory: the kernel stopped there too.
    const Address piece_end = at + size;
    while (at < piece_end) {
      const uint64_t in_page = std::min<uint64_t>(page_floor(at) + kPageSize - at, piece_end - at);
      bytes.resize(in_page);
      if (of.space->memory.read(at, bytes)) log_.memory_write(Tid{of.tid}, at, bytes);
      at = at + in_page;
    }
  }
}

void Session::capture_pages(RecordedTask& of, const MemoryRange& range, bool (*is_wanted)(Pagemap::Page)) {
  Pagemap pagemap(of.tid);
  MemoryRange run{range.start, range.start};
  const auto visit = [&](Address page, Pagemap::Page found) -> Expected<void> {
    if (!is_wanted(found)) return {};
    const MemoryRange part = range.intersect(range_of(page, kPageSize));
    if (run.end != part.start) {
      capture_range(of, run);
      run = part;
    }
    run.end = part.end;
    return {};
  };
  static_cast<void>(pagemap.for_each({page_floor(range.start), page_ceil(range.end)}, visit));
  capture_range(of, run);
}

pid_t Session::own_number(const RecordedTask& task) {
  return task.numbers.empty() ? task.tid : task.numbers.back();
}

void Session::note_numbers(RecordedTask& task) {
  task.numbers = numbers_of(task.tid);
  if (task.numbers.size() < 2) task.numbers.clear();
  has_pid_namespaces_ = has_pid_namespaces_ || !task.numbers.empty();
}

pid_t Session::number_seen_by(const RecordedTask& viewer, const RecordedTask& task) {
  const size_t depth = viewer.numbers.size();
  if (depth < 2) return task.tid;
  return task.numbers.size() < depth ? 0 : task.numbers[depth - 1];
}

pid_t Session::group_seen_by(const RecordedTask& viewer, const RecordedTask& task) {
  const size_t depth = viewer.numbers.size();
  if (depth < 2) return getpgid(task.tgid);
  const std::vector<pid_t> numbers = group_numbers_of(task.tid);
  return numbers.size() < depth ? 0 : numbers[depth - 1];
}

RecordedTask* Session::find_as_seen_by(const RecordedTask& task, pid_t number) {
  const size_t depth = task.numbers.size();
  if (depth < 2) return find(number);
  const std::string pid_namespace = pid_namespace_of(task.tid);
  RecordedTask* deeper = nullptr;
  for (const auto& [tid, other] : tasks_) {
    if (number == 0 || number_seen_by(task, *other) != number) continue;
    if (other->numbers.size() > depth)
      deeper = other.get();
    else if (pid_namespace_of(tid) == pid_namespace)
      return other.get();
  }
  return deeper;
}

void Session::capture_device_memory(RecordedTask& task) {
  const auto write_down = [&](Address at, std::span<const std::byte> bytes) {
    log_.memory_write(Tid{task.tid}, at, bytes);
  };
  const bool all = task.space->devices.look(task.space->space, task.space->memory, write_down);
  if (all) return;
  for (const auto& [start, mapping] : task.space->space.mappings()) {
    if (mapping.kind != MappingKind::device || mapping.first_event != log_.next()) continue;
    note_uncaptured(SYS_mmap, mapping.recorded.path);
    ++outcome_.uncaptured_calls;
  }
}

// process_vm_writev(2) into a task of this recording.
void Session::capture_remote_writes(RecordedTask& task, int64_t result) {
  if (task.entry.registers[Register::orig_rax] != SYS_process_vm_writev || result <= 0) return;
  const Capture capture = written_by(task.entry, result, task.space->memory);
  RecordedTask* const target = find_as_seen_by(task, capture.other_process);
  if (target == nullptr || !target->space) return;  // memory of a process that is not recorded
  capture_ranges(*target, capture.other_process_ranges);
}

}  // namespace bygone
