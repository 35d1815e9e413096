#include "recorder/device_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace bygone {

namespace {

constexpr uint64_t kMostBytes = 1 << 20;  // read and compared in some 0.1 ms
// Others' rings can be read like any memory; this one is mapped so that only its owner can.
constexpr std::string_view kPerfEvent = "anon_inode:[perf_event]";

void hand_on_changes(Address start, std::vector<std::byte>& before, std::span<const std::byte> now,
                     const DeviceMemory::Changed& changed) {
  for (size_t at = 0; at < now.size(); at += kPageSize) {
    const auto page = now.subspan(at, kPageSize);
    const auto old = std::span(before).subspan(at, kPageSize);
    if (std::memcmp(page.data(), old.data(), kPageSize) == 0) continue;
    const auto first = std::mismatch(page.begin(), page.end(), old.begin()).first;
    const auto end = std::mismatch(page.rbegin(), page.rend(), old.rbegin()).first.base();
    changed(start + at + uint64_t(first - page.begin()), std::span(first, end));
    std::copy(page.begin(), page.end(), old.begin());
  }
}

}  // namespace

struct DeviceMemory::View {
  View(uint64_t size, void* at) : size_bytes(size), bytes(static_cast<const std::byte*>(at)) {}
  ~View() { munmap(const_cast<std::byte*>(bytes), size_bytes); }
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  uint64_t size_bytes;
  const std::byte* bytes;
};

void DeviceMemory::begin(int file, const KernelMapping& mapping, TraceeMemory& memory) {
  const MemoryRange& range = mapping.range;
  known_.erase(range.start);
  std::byte byte{};
  if (file < 0 || mapping.path != kPerfEvent || memory.read(range.start, {&byte, 1})) return;
  void* const at =
      mmap(nullptr, range.size_bytes(), PROT_READ, MAP_SHARED, file, off_t(mapping.offset_bytes));
  if (at == MAP_FAILED) return;
  known_[range.start] = {range, {}, std::make_shared<const View>(range.size_bytes(), at)};
}

bool DeviceMemory::look(const AddressSpace& space, TraceeMemory& memory, const Changed& changed) {
  // What is mapped no more, or otherwise, is forgotten here, before anybody can map it anew.
  std::map<Address, Known> before = std::move(known_);
  known_.clear();
  bool all = true;
  uint64_t looked_at_bytes = 0;
  std::vector<std::byte> now;
  for (const auto& [start, mapping] : space.mappings()) {
    if (mapping.kind != MappingKind::device) continue;
    const MemoryRange& range = mapping.range();
    Known known{range, {}, nullptr};
    if (auto old = before.extract(start); !old.empty() && old.mapped().range == range)
      known = std::move(old.mapped());
    looked_at_bytes += range.size_bytes();
    now.resize(looked_at_bytes > kMostBytes ? 0 : range.size_bytes());
    if (now.empty()) {
      all = false;
      continue;
    }
    if (known.view)
      std::memcpy(now.data(), known.view->bytes, now.size());
    else if (!memory.read(start, now)) {
      all = false;
      continue;
    }
    if (known.bytes.empty()) {
      changed(start, now);
      known.bytes = now;
    } else {
      hand_on_changes(start, known.bytes, now, changed);
    }
    known_.emplace(start, std::move(known));
  }
  return all;
}

std::span<const std::byte> DeviceMemory::page(Address at) const {
  const auto above = known_.upper_bound(at);
  if (above == known_.begin()) return {};
  const Known& known = std::prev(above)->second;
  if (!known.range.contains(at) || known.bytes.empty()) return {};
  return std::span(known.bytes).subspan(at - known.range.start, kPageSize);
}

}  // namespace bygone
