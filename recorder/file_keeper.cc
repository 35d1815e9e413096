#include "recorder/file_keeper.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <vector>

#include "recorder/descriptor.h"
#include "tracee/mapped_file.h"

namespace bygone {

namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

int64_t to_ns(const timespec& t) {
  return int64_t(t.tv_sec) * kNsPerSecond + t.tv_nsec;
}

// A file written within the clock's grain of its time stamp can change again without a trace in its stat.
bool may_still_change(const struct stat& st) {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return to_ns(now) - std::max(to_ns(st.st_mtim), to_ns(st.st_ctim)) < 2 * kNsPerSecond;
}

bool is_mapped_file(int fd, const KernelMapping& mapping) {
  struct stat st;
  return fstat(fd, &st) == 0 && st.st_ino == mapping.inode;
}

// A file opened anew through a descriptor, with a position of its own: -1 if that is not possible.
int reopen(int fd) {
  return open(fmt::format("/proc/self/fd/{}", fd).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

// The file behind a mapping, by the descriptor it was mapped from if that is known. `unseen`: nobody is to be
// told of an open, so the descriptor is the program's own, position and all.
int open_mapped(pid_t tid, int file, const KernelMapping& mapping, bool unseen) {
  if (file >= 0 && is_mapped_file(file, mapping)) {
    const int opened = unseen ? fcntl(file, F_DUPFD_CLOEXEC, 0) : reopen(file);
    if (opened >= 0) return opened;
  }
  return open_mapped_file(tid, mapping);
}

// A copy of the file made through a mapping: nobody is told that it was read. -1 if that cannot be done.
int copy_unseen(int fd) {
  constexpr off_t kMostBytes = 64 << 20;
  struct stat st;
  if (fstat(fd, &st) != 0 || st.st_size == 0 || st.st_size > kMostBytes) return -1;
  const size_t size = size_t(st.st_size);
  void* const at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (at == MAP_FAILED) return -1;
  const int copy = memfd_create("copy", MFD_CLOEXEC);
  std::vector<std::byte> piece(std::min<size_t>(size, 1 << 20));
  bool done = copy >= 0;
  for (size_t from = 0; done && from < size; from += piece.size()) {
    piece.resize(std::min(piece.size(), size - from));
    // Where somebody has made the file shorter since, this fails and a plain look would raise SIGBUS.
    const iovec to{piece.data(), piece.size()}, source{static_cast<std::byte*>(at) + from, piece.size()};
    done = process_vm_readv(getpid(), &to, 1, &source, 1, 0) == ssize_t(piece.size()) &&
           write(copy, piece.data(), piece.size()) == ssize_t(piece.size());
  }
  munmap(at, size);
  if (done || copy < 0) return copy;
  close(copy);
  return -1;
}

}  // namespace

Expected<ContentId> FileKeeper::keep_descriptor(int fd, FileIdentity identity, std::string_view path,
                                                bool cacheable) {
  if (!cacheable) identity.mtime_ns = identity.ctime_ns = 0;
  if (const auto it = known_.find(identity); cacheable && it != known_.end()) return it->second;
  int own = are_watched_ ? copy_unseen(fd) : -1;
  if (are_watched_ && own < 0) own = reopen(fd);
  const Descriptor copy(own);
  BYGONE_ASSIGN(const ContentId id, sink_.add_file(copy.ok() ? copy.get() : fd, identity, path));
  kept_.insert(id);
  if (cacheable) known_.emplace(identity, id);
  return id;
}

Expected<bool> FileKeeper::keep(pid_t tid, int from, Mapping& mapping) {
  KernelMapping& kernel = mapping.recorded;
  Descriptor file(open_mapped(tid, from, kernel, are_watched_));
  struct stat st;
  if (!file.ok() || fstat(file.get(), &st) != 0) return false;
  kernel.file_stat = {uint32_t(st.st_mode), uint64_t(st.st_size), to_ns(st.st_mtim), to_ns(st.st_ctim)};
  if (is_dev_zero(st)) {
    mapping.data.source = DataSource::zero;
    return true;
  }
  if (!S_ISREG(st.st_mode)) return false;
  const FileIdentity identity{kernel.device, kernel.inode, uint64_t(st.st_size), to_ns(st.st_mtim),
                              to_ns(st.st_ctim)};
  // Stores through a shared mapping reach the file's time stamp late.
  const bool cacheable = !may_still_change(st) && !kernel.prot.shared;
  BYGONE_ASSIGN(mapping.data.content, keep_descriptor(file.get(), identity, kernel.path, cacheable));
  mapping.data.source = DataSource::content;
  mapping.data.offset_bytes = kernel.offset_bytes;
  return true;
}

const std::vector<TimestampSite>& FileKeeper::timestamp_sites(pid_t tid, const Mapping& mapping) {
  const auto [it, is_new] = timestamp_sites_.try_emplace(mapping.data.content);
  if (!is_new) return it->second;
  const Descriptor file(open_mapped_file(tid, mapping.recorded));
  struct stat st;
  if (!file.ok() || fstat(file.get(), &st) != 0) return it->second;
  std::vector<std::byte> bytes(size_t(st.st_size));
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t n = pread(file.get(), bytes.data() + size, bytes.size() - size, off_t(size));
    if (n <= 0) break;
    size += size_t(n);
  }
  it->second = find_timestamp_sites(std::span(bytes).first(size));
  return it->second;
}

std::span<const TimestampSite> FileKeeper::known_timestamp_sites(const Mapping& mapping) const {
  const auto known = timestamp_sites_.find(mapping.data.content);
  return known == timestamp_sites_.end() ? std::span<const TimestampSite>{} : std::span(known->second);
}

Expected<ContentId> FileKeeper::keep_vdso(TraceeMemory& memory, MemoryRange range) {
  if (vdso_) return vdso_;
  std::vector<std::byte> bytes(range.size_bytes());
  Descriptor file(memfd_create("vdso", MFD_CLOEXEC));
  if (!memory.read(range.start, bytes) || !file.ok() ||
      write(file.get(), bytes.data(), bytes.size()) != ssize_t(bytes.size()))
    return fail(ErrorKind::unavailable, "[vdso]", "cannot be read");
  FileIdentity identity;
  identity.size_bytes = bytes.size();
  BYGONE_ASSIGN(vdso_, keep_descriptor(file.get(), identity, "[vdso]", false));
  return vdso_;
}

std::vector<ContentId> FileKeeper::forget_all_but(const std::set<ContentId>& used) {
  std::vector<ContentId> forgotten;
  std::set_difference(kept_.begin(), kept_.end(), used.begin(), used.end(), std::back_inserter(forgotten));
  for (const ContentId id : forgotten) {
    kept_.erase(id);
    timestamp_sites_.erase(id);
    if (vdso_ == id) vdso_ = ContentId{};
  }
  std::erase_if(known_, [&](const auto& known) { return !kept_.contains(known.second); });
  return forgotten;
}

}  // namespace bygone
