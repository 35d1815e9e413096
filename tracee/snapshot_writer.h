#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "schema/page_table.h"
#include "schema/record.h"
#include "schema/rows.h"
#include "schema/task_state.h"
#include "tracee/address_space.h"
#include "tracee/memory.h"

namespace bygone {

// What a snapshot is taken of. Everything is borrowed for the length of the call.
struct SnapshotSubject {
  struct Space {
    const AddressSpace* space;
    AddressSpaceId parent;  // it was forked from
    TraceeMemory* memory;
    pid_t tid;  // somebody who runs in it
    uint64_t stack_limit_bytes;
    // The program has used madvise(2) for what lasts (lasts() of tracee/memory_advice.h): the kernel is
    // asked.
    bool has_advice;
    // Pages of MappingKind::device, which change by themselves, as of `event`; may be empty, as may a page.
    std::function<std::span<const std::byte>(Address page)> device_page = {};
  };
  // A file whose pages may hold something else than what was stored of it, named as recorded: memory mapped
  // MAP_SHARED above all.
  struct File {
    SnapshotFile row;
    // Reads some bytes at an offset; false where there is no memory (a hole, behind the end).
    std::function<bool(uint64_t offset_bytes, std::span<std::byte> out)> read;
    using Ranges = std::vector<std::pair<uint64_t, uint64_t>>;  // of offsets, ascending, page-aligned
    Ranges ranges;                                              // what to read
    Ranges holes;  // known to be zeroes: to read them through a mapping would give them memory
  };
  EventNumber event;
  std::vector<TaskState> tasks;
  std::vector<Space> spaces;
  std::vector<File> files;
};

// Writes snapshots. Pages are kept once: those that are as they were in the snapshot before, are equal to
// others of the same snapshot, come unchanged from a mapped file, or hold zeroes, cost a place in a table. It
// remembers a digest of every page of the last snapshot, 40 bytes each; nothing else grows.
class SnapshotWriter {
 public:
  // `next` is the number of the next page to be kept.
  SnapshotWriter(RecordSink& sink, PageId next) : sink_(sink), next_page_(next) {}

  // All tasks stand still meanwhile. Fails with not_found if a task is killed under it: what was written then
  // is no snapshot, and the next call begins anew. `pause_ns` of the row is what the call takes.
  Expected<Snapshot> write(const SnapshotSubject& subject);

 private:
  struct Digest {
    uint64_t low = 0;
    uint64_t high = 0;
    bool operator==(const Digest&) const = default;
  };
  struct DigestHash {
    size_t operator()(const Digest& digest) const { return digest.low; }
  };
  struct KnownPage {
    uint64_t number;  // address or offset / kPageSize
    Digest digest;
    PageId page;
  };
  using KnownPages = std::vector<KnownPage>;  // by number
  using FileKey = std::pair<Device, uint64_t>;
  class Scan;

  Expected<PageTable> write_space(const SnapshotSubject::Space& space, const KnownPages& before,
                                  KnownPages& now);
  Expected<PageTable> write_file(const SnapshotSubject::File& file, const KnownPages& before,
                                 KnownPages& now);
  Expected<PageId> keep(const Digest& digest, std::span<const std::byte> page);
  // Counts which pages of which batches are in use still.
  void count_batches();
  bool lies_in_sparse_batch(PageId page) const;
  Expected<void> flush();

  RecordSink& sink_;
  PageId next_page_;
  EventNumber event_;
  uint64_t new_pages_ = 0;
  std::vector<std::byte> batch_;  // pages not yet written
  PageId batch_first_;
  // The batches the last snapshot has pages in, by their first page. Whoever reads a snapshot reads whole
  // batches: from those of which little is left the rest is kept anew.
  struct Batch {
    uint64_t pages = 0;
    uint64_t in_use = 0;
  };
  std::map<PageId, Batch> batches_;
  std::unordered_map<Digest, PageId, DigestHash> kept_now_;  // by this snapshot
  std::map<AddressSpaceId, KnownPages> spaces_;
  std::map<FileKey, KnownPages> files_;
};

// Private memory a program can have changed. The vvar pages are the kernel's, bygone's pages come with the
// stub.
bool holds_private_pages(const Mapping& mapping);

// The files whose content is not what was stored when they were mapped, or may not be: those mapped
// MAP_SHARED, and those mapped privately that were last written after `files_change_after_ns` (st_mtim, ns
// since the epoch). They are read through whoever maps them, but for pages that a private mapping has its own
// copy of. `opens_files`: see LeftOut.
std::vector<SnapshotSubject::File> changing_files(const std::vector<SnapshotSubject::Space>& spaces,
                                                  EventNumber event, int64_t files_change_after_ns,
                                                  bool opens_files);

}  // namespace bygone
