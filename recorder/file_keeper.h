#pragma once

#include <sys/types.h>

#include <map>
#include <set>
#include <span>
#include <vector>

#include "schema/mapping.h"
#include "schema/record.h"
#include "tracee/memory.h"
#include "tracee/timestamp_sites.h"

namespace bygone {

// Gives the files a program maps to the store, each state of a file once.
class FileKeeper {
 public:
  explicit FileKeeper(RecordSink& sink) : sink_(sink) {}

  // Completes `mapping` (file_stat, kind, data) for a mapping of a file that `tid` has just made, by looking
  // at what the kernel says is mapped there. `from` is a descriptor of ours for the file it was mapped from,
  // -1 when that is unknown (exec). False if there is no file whose content could be kept.
  Expected<bool> keep(pid_t tid, int from, Mapping& mapping);
  // From now on somebody may watch files being read, or have to allow it, and is not to see us.
  void read_unseen() { are_watched_ = true; }
  bool are_watched() const { return are_watched_; }
  // Where the instructions are that read the time stamp counter, in the file behind a mapping that was kept.
  const std::vector<TimestampSite>& timestamp_sites(pid_t tid, const Mapping& mapping);

  // The same for a mapping whose file may be gone: nothing for one that was never looked at.
  std::span<const TimestampSite> known_timestamp_sites(const Mapping& mapping) const;

  // The vdso is the same for all processes of one kernel; kept like a file.
  Expected<ContentId> keep_vdso(TraceeMemory& memory, MemoryRange range);

  // Forgets all contents but those of `used`; returns their numbers, which it never gives again.
  std::vector<ContentId> forget_all_but(const std::set<ContentId>& used);

 private:
  Expected<ContentId> keep_descriptor(int fd, FileIdentity identity, std::string_view path, bool cacheable);

  RecordSink& sink_;
  std::set<ContentId> kept_;
  std::map<FileIdentity, ContentId> known_;  // those that can be told from their next state
  std::map<ContentId, std::vector<TimestampSite>> timestamp_sites_;
  ContentId vdso_;
  bool are_watched_ = false;
};

}  // namespace bygone
