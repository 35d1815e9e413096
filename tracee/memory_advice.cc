#include "tracee/memory_advice.h"

#include <sys/mman.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "tracee/pagemap.h"

namespace bygone {

namespace {

// include/uapi/asm-generic/mman-common.h
constexpr uint64_t kDontNeedLocked = 24, kGuardInstall = 102, kGuardRemove = 103;

void add_guards(std::vector<SnapshotAdvice>& advice, pid_t tid, EventNumber event,
                const AddressSpace& space) {
  Pagemap pagemap(tid);
  for (const auto& [start, mapping] : space.mappings()) {
    static_cast<void>(
        pagemap.for_each(mapping.range(), [&](Address page, Pagemap::Page found) -> Expected<void> {
          if (found != Pagemap::Page::guard) return {};
          if (!advice.empty() && advice.back().advice == int32_t(kGuardInstall) && advice.back().end == page)
            advice.back().end = page + kPageSize;
          else
            advice.push_back({event, space.id(), page, page + kPageSize, int32_t(kGuardInstall)});
          return {};
        }));
  }
}

}  // namespace

bool changes_memory(uint64_t advice) {
  switch (advice) {
    case MADV_DONTNEED:
    case MADV_FREE:
    case MADV_REMOVE:
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_WIPEONFORK:
    case MADV_KEEPONFORK:
    case kDontNeedLocked:
    case kGuardInstall:
    case kGuardRemove:
      return true;
    default:
      return false;
  }
}

bool empties_pages(uint64_t advice) {
  return advice == MADV_DONTNEED || advice == kDontNeedLocked;
}

bool empties(uint64_t advice) {
  return empties_pages(advice) || advice == MADV_FREE || advice == MADV_REMOVE;
}

bool lasts(uint64_t advice) {
  return advice == MADV_DONTFORK || advice == MADV_WIPEONFORK || advice == kGuardInstall;
}

std::vector<SnapshotAdvice> read_advice(pid_t tid, EventNumber event, const AddressSpace& space) {
  std::vector<SnapshotAdvice> advice;
  std::ifstream smaps(fmt::format("/proc/{}/smaps", tid));
  MemoryRange range;
  for (std::string line; std::getline(smaps, line);) {
    uint64_t start = 0, end = 0;
    if (sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " ", &start, &end) == 2) {
      range = {Address{start}, Address{end}};
      continue;
    }
    if (!line.starts_with("VmFlags:")) continue;
    std::istringstream flags(line.substr(8));
    for (std::string flag; flags >> flag;) {
      if (space.find(range.start) == nullptr) continue;  // the kernel's own
      if (flag == "dc") advice.push_back({event, space.id(), range.start, range.end, MADV_DONTFORK});
      if (flag == "wf") advice.push_back({event, space.id(), range.start, range.end, MADV_WIPEONFORK});
    }
  }
  add_guards(advice, tid, event, space);
  return advice;
}

}  // namespace bygone
