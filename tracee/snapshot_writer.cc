#include "tracee/snapshot_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "schema/codec.h"
#include "tracee/file_data.h"
#include "tracee/memory_advice.h"
#include "tracee/pagemap.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bygone {

namespace {

constexpr size_t kPagesAtOnce = 256;
constexpr size_t kPagesPerBatch = 64;
constexpr uint64_t kSparse = 2;  // a batch is, with less than one page in so many in use

tl::unexpected<Error> gone(pid_t tid) {
  return fail(ErrorKind::not_found, fmt::format("task {}", tid), "was killed while a snapshot was taken");
}

}  // namespace

bool holds_private_pages(const Mapping& mapping) {
  switch (mapping.kind) {
    case MappingKind::vvar:
    case MappingKind::vsyscall:
    case MappingKind::bygone:
      return false;
    default:
      return !mapping.is_shared() || mapping.recorded.inode == 0;
  }
}

// Turns pages as they are read, in ascending order, into a table.
class SnapshotWriter::Scan {
 public:
  Scan(SnapshotWriter& writer, const KnownPages& before, KnownPages& now)
      : writer_(writer), before_(before), now_(now), next_(before.begin()) {}

  // `absent_is_zero`: what no table names holds zeroes there.
  Expected<void> add(uint64_t number, std::span<const std::byte> page, bool absent_is_zero) {
    if (is_zero_page(page)) {
      if (!absent_is_zero) add_page(table_, number, kZeroPage);
      return {};
    }
    const XXH128_hash_t hash = XXH3_128bits(page.data(), page.size());
    const Digest digest{hash.low64, hash.high64};
    while (next_ != before_.end() && next_->number < number) ++next_;
    const bool unchanged = next_ != before_.end() && next_->number == number && next_->digest == digest;
    PageId id;
    if (unchanged && !writer_.lies_in_sparse_batch(next_->page)) {
      id = next_->page;
    } else {
      BYGONE_ASSIGN(id, writer_.keep(digest, page));
    }
    now_.push_back({number, digest, id});
    add_page(table_, number, id);
    return {};
  }
  PageTable take() { return std::move(table_); }

 private:
  SnapshotWriter& writer_;
  const KnownPages& before_;
  KnownPages& now_;
  KnownPages::const_iterator next_;
  PageTable table_;
};

void SnapshotWriter::count_batches() {
  for (auto& [first, batch] : batches_) batch.in_use = 0;
  const auto count = [&](const KnownPages& pages) {
    for (const KnownPage& known : pages) {
      const auto after = batches_.upper_bound(known.page);
      if (after != batches_.begin()) ++std::prev(after)->second.in_use;
    }
  };
  for (const auto& [space, pages] : spaces_) count(pages);
  for (const auto& [file, pages] : files_) count(pages);
  std::erase_if(batches_, [](const auto& batch) { return batch.second.in_use == 0; });
}

bool SnapshotWriter::lies_in_sparse_batch(PageId page) const {
  const auto after = batches_.upper_bound(page);
  if (after == batches_.begin()) return false;
  const Batch& batch = std::prev(after)->second;
  return batch.in_use * kSparse < batch.pages;
}

Expected<void> SnapshotWriter::flush() {
  if (batch_.empty()) return {};
  batches_[batch_first_] = {batch_.size() / kPageSize, batch_.size() / kPageSize};
  const auto written = append_row(sink_, PageBatch{batch_first_, event_, batch_.size() / kPageSize},
                                  std::as_bytes(std::span(batch_)));
  batch_.clear();
  return written;
}

Expected<PageId> SnapshotWriter::keep(const Digest& digest, std::span<const std::byte> page) {
  const auto [known, is_new] = kept_now_.try_emplace(digest, next_page_);
  if (!is_new) return known->second;
  if (batch_.empty()) batch_first_ = next_page_;
  batch_.insert(batch_.end(), page.begin(), page.end());
  ++next_page_.value;
  ++new_pages_;
  const PageId id = known->second;
  if (batch_.size() == kPagesPerBatch * kPageSize) BYGONE_TRY(flush());
  return id;
}

Expected<PageTable> SnapshotWriter::write_space(const SnapshotSubject::Space& of, const KnownPages& before,
                                                KnownPages& now) {
  Scan scan(*this, before, now);
  Pagemap pagemap(of.tid);
  std::vector<std::byte> bytes(kPagesAtOnce * kPageSize);
  for (const auto& [start, mapping] : of.space->mappings()) {
    if (!holds_private_pages(mapping)) continue;
    if (mapping.kind == MappingKind::device && of.device_page) {
      for (Address at = start; at < mapping.range().end; at = at + kPageSize)
        if (const auto page = of.device_page(at); !page.empty())
          BYGONE_TRY(scan.add(at.value / kPageSize, page, true));
      continue;
    }
    const bool has_file = mapping.recorded.inode != 0;
    const Address last = mapping.range().end;
    for (Address at = start; (at = pagemap.next_present(at, last)) < last;) {
      const size_t pages = std::min<uint64_t>(kPagesAtOnce, (mapping.range().end - at) / kPageSize);
      const auto& found = pagemap.look_up(at, pages);
      for (size_t i = 0; i < pages;) {
        // Pages that still are the file's are made again by mapping it.
        const auto is_wanted = [&](size_t k) {
          return found[k] == Pagemap::Page::own || (!has_file && found[k] == Pagemap::Page::of_file);
        };
        if (!is_wanted(i)) {
          ++i;
          continue;
        }
        size_t end = i + 1;
        while (end < pages && is_wanted(end)) ++end;
        const auto into = std::span(bytes).first((end - i) * kPageSize);
        const bool whole = of.memory->read(at + i * kPageSize, into);
        for (size_t k = i; k < end; ++k) {
          const auto page = into.subspan((k - i) * kPageSize, kPageSize);
          if (!whole && !of.memory->read(at + k * kPageSize, page)) continue;
          BYGONE_TRY(scan.add((at.value / kPageSize) + k, page, !has_file));
        }
        i = end;
      }
      at = at + pages * kPageSize;
    }
  }
  uint64_t ignored = 0;
  // Everything unreadable: the process is gone.
  if (now.empty() && !of.space->mappings().empty() &&
      !of.memory->read_value(of.space->mappings().begin()->first, ignored))
    return gone(of.tid);
  return scan.take();
}

Expected<PageTable> SnapshotWriter::write_file(const SnapshotSubject::File& file, const KnownPages& before,
                                               KnownPages& now) {
  Scan scan(*this, before, now);
  std::vector<std::byte> bytes(kPagesAtOnce * kPageSize);
  for (const auto& [begin, end] : file.ranges) {
    for (uint64_t at = begin; at < end;) {
      const size_t pages = std::min<uint64_t>(kPagesAtOnce, (end - at) / kPageSize);
      const auto into = std::span(bytes).first(pages * kPageSize);
      const bool whole = file.read(at, into);
      for (size_t i = 0; i < pages; ++i) {
        const auto page = into.subspan(i * kPageSize, kPageSize);
        if (!whole && !file.read(at + i * kPageSize, page)) continue;
        BYGONE_TRY(scan.add(at / kPageSize + i, page, false));
      }
      at += pages * kPageSize;
    }
  }
  PageTable table = scan.take();
  for (const auto& [begin, end] : file.holes)
    table.push_back({begin / kPageSize, kZeroPage, (end - begin) / kPageSize});
  std::sort(table.begin(), table.end(), [](const PageRun& a, const PageRun& b) { return a.at < b.at; });
  return table;
}

Expected<Snapshot> SnapshotWriter::write(const SnapshotSubject& subject) {
  const auto began = std::chrono::steady_clock::now();
  event_ = subject.event;
  new_pages_ = 0;
  kept_now_.clear();
  batch_.clear();
  count_batches();
  std::map<AddressSpaceId, KnownPages> spaces;
  std::map<FileKey, KnownPages> files;
  std::vector<std::pair<SnapshotSpace, PageTable>> space_rows;
  std::vector<std::pair<SnapshotFile, PageTable>> file_rows;
  static const KnownPages kNone;
  Snapshot snapshot{subject.event, 0, 0, 0};
  const auto count = [&](const PageTable& table) {
    for (const PageRun& run : table) snapshot.pages += run.count;
  };
  for (const SnapshotSubject::Space& of : subject.spaces) {
    auto before = spaces_.find(of.space->id());
    if (before == spaces_.end()) before = spaces_.find(of.parent);
    KnownPages& now = spaces[of.space->id()];
    BYGONE_ASSIGN(PageTable table, write_space(of, before == spaces_.end() ? kNone : before->second, now));
    count(table);
    space_rows.emplace_back(SnapshotSpace{event_, of.space->id(), of.stack_limit_bytes}, std::move(table));
  }
  for (const SnapshotSubject::File& file : subject.files) {
    const FileKey key{file.row.device, file.row.inode};
    const auto before = files_.find(key);
    BYGONE_ASSIGN(PageTable table,
                  write_file(file, before == files_.end() ? kNone : before->second, files[key]));
    count(table);
    file_rows.emplace_back(file.row, std::move(table));
  }
  BYGONE_TRY(flush());
  for (const SnapshotSubject::Space& of : subject.spaces) {
    if (!of.has_advice) continue;
    for (const SnapshotAdvice& row : read_advice(of.tid, event_, *of.space))
      BYGONE_TRY(append_row(sink_, row));
  }
  for (const auto& [row, table] : space_rows) BYGONE_TRY(append_row(sink_, row, encode_page_table(table)));
  for (const auto& [row, table] : file_rows) BYGONE_TRY(append_row(sink_, row, encode_page_table(table)));
  for (const TaskState& task : subject.tasks)
    BYGONE_TRY(append_row(sink_, task.row, encode_task_payload(task)));
  snapshot.new_pages = new_pages_;
  snapshot.pause_ns = uint64_t(std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count());
  BYGONE_TRY(append_row(sink_, snapshot));
  spaces_ = std::move(spaces);
  files_ = std::move(files);
  return snapshot;
}

namespace {

struct View {
  uint64_t begin;  // offsets
  uint64_t end;
  Address start;
  TraceeMemory* memory;
  pid_t tid;
  KernelMapping mapping;
};

bool read_view(const View& view, uint64_t offset, std::span<std::byte> out) {
  const Address from = view.start + (offset - view.begin);
  if (!view.mapping.prot.shared) {
    Pagemap pagemap(view.tid);
    const auto& pages = pagemap.look_up(from, out.size() / kPageSize);
    const bool own = std::find(pages.begin(), pages.end(), Pagemap::Page::own) != pages.end();
    if (own) return false;
  }
  return view.memory->read(from, out);
}

// Reads through the first view that shows all of it.
bool read_views(const std::vector<View>& views, uint64_t offset, std::span<std::byte> out) {
  return std::any_of(views.begin(), views.end(), [&](const View& view) {
    return view.begin <= offset && offset + out.size() <= view.end && read_view(view, offset, out);
  });
}

// Takes out of the ranges what is known to be holes, by way of one of its mappings.
void find_holes(SnapshotSubject::File& file, const View& view) {
  SnapshotSubject::File::Ranges data;
  for (const auto& [begin, end] : file.ranges) {
    const auto found = find_file_data(view.tid, view.mapping, begin, end);
    if (!found) {
      file.holes.clear();
      return;
    }
    data.insert(data.end(), found->data.begin(), found->data.end());
    file.holes.insert(file.holes.end(), found->holes.begin(), found->holes.end());
  }
  file.ranges = std::move(data);
}

}  // namespace

std::vector<SnapshotSubject::File> changing_files(const std::vector<SnapshotSubject::Space>& spaces,
                                                  EventNumber event, int64_t files_change_after_ns,
                                                  bool opens_files) {
  std::map<std::pair<Device, uint64_t>, std::vector<View>> views;
  for (const SnapshotSubject::Space& of : spaces)
    for (const auto& [start, mapping] : of.space->mappings()) {
      const KernelMapping& file = mapping.recorded;
      const bool changes = mapping.data.source == DataSource::content && mapping.kind != MappingKind::vdso &&
                           file.file_stat.mtime_ns > files_change_after_ns;
      if (file.inode == 0 || (!mapping.is_shared() && !changes)) continue;
      views[{file.device, file.inode}].push_back(
          {file.offset_bytes, file.offset_bytes + file.range.size_bytes(), start, of.memory, of.tid, file});
    }
  std::vector<SnapshotSubject::File> files;
  for (auto& [key, found] : views) {
    std::sort(found.begin(), found.end(), [](const View& a, const View& b) { return a.begin < b.begin; });
    SnapshotSubject::File& file = files.emplace_back();
    file.row = {event, key.first, key.second, 0};
    for (const View& view : found) {
      file.row.size_bytes = std::max(file.row.size_bytes, view.end);
      if (!file.ranges.empty() && view.begin <= file.ranges.back().second)
        file.ranges.back().second = std::max(file.ranges.back().second, view.end);
      else
        file.ranges.emplace_back(view.begin, view.end);
    }
    if (opens_files) find_holes(file, found.front());
    file.read = [views = std::move(found)](uint64_t offset, std::span<std::byte> out) {
      return read_views(views, offset, out);
    };
  }
  return files;
}

}  // namespace bygone
