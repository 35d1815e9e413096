#include "recorder/device_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace bygone {

namespace {

constexpr size_t kMostPages = 4096;  // 16 MiB are compared in about a millisecond

}  // namespace

struct DeviceMemory::View {
  View(MemoryRange of, void* at) : range(of), bytes(static_cast<const std::byte*>(at)) {}
  ~View() { munmap(const_cast<std::byte*>(bytes), range.size_bytes()); }
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  MemoryRange range;
  const std::byte* bytes;
};

void DeviceMemory::begin(int file, const KernelMapping& mapping, TraceeMemory& memory) {
  const MemoryRange& range = mapping.range;
  known_pages_.erase(known_pages_.lower_bound(range.start), known_pages_.lower_bound(range.end));
  views_.erase(range.start);
  std::byte byte{};
  if (file < 0 || memory.read(range.start, {&byte, 1})) return;
  void* const at =
      mmap(nullptr, range.size_bytes(), PROT_READ, MAP_SHARED, file, off_t(mapping.offset_bytes));
  if (at != MAP_FAILED) views_[range.start] = std::make_shared<const View>(range, at);
}

bool DeviceMemory::read(TraceeMemory& memory, Address at, std::span<std::byte> page) const {
  const auto above = views_.upper_bound(at);
  if (above == views_.begin() || !std::prev(above)->second->range.contains(at)) return memory.read(at, page);
  const View& view = *std::prev(above)->second;
  std::memcpy(page.data(), view.bytes + (at - view.range.start), page.size());
  return true;
}

bool DeviceMemory::look(const AddressSpace& space, TraceeMemory& memory, const Changed& changed) {
  std::map<Address, std::vector<std::byte>> before = std::move(known_pages_);
  known_pages_.clear();
  bool all = true;
  std::vector<std::byte> page(kPageSize);
  for (const auto& [start, mapping] : space.mappings()) {
    if (mapping.kind != MappingKind::device) continue;
    for (Address at = start; at < mapping.range().end; at = at + kPageSize) {
      if (known_pages_.size() == kMostPages || !read(memory, at, page)) {
        all = false;
        break;
      }
      auto known = before.extract(at);
      if (known.empty()) {
        changed(at, page);
        known_pages_.emplace(at, page);
        continue;
      }
      std::vector<std::byte>& old = known.mapped();
      const auto first = std::mismatch(page.begin(), page.end(), old.begin()).first;
      if (first != page.end()) {
        const auto end = std::mismatch(page.rbegin(), page.rend(), old.rbegin()).first.base();
        changed(at + uint64_t(first - page.begin()), std::span(first, end));
        old = page;
      }
      known_pages_.insert(std::move(known));
    }
  }
  return all;
}

}  // namespace bygone
