#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/memory_range.h"

namespace bygone {

// The four letters of /proc/PID/maps (proc(5)): r, w, x, and p (private, copy on write) or s (shared).
struct Protection {
  bool read = false;
  bool write = false;
  bool execute = false;
  bool shared = false;

  constexpr bool operator==(const Protection&) const = default;
  std::string text() const;
  static std::optional<Protection> parse(std::string_view text);
  // PROT_READ | PROT_WRITE | PROT_EXEC as mmap(2) takes them.
  int prot_bits() const;
  static Protection of_bits(int prot, bool shared);
};

// Device numbers as /proc/PID/maps shows them, "fd:01". They need not equal st_dev (overlayfs, btrfs).
struct Device {
  uint32_t major = 0;
  uint32_t minor = 0;

  constexpr auto operator<=>(const Device&) const = default;
  std::string text() const;
  static std::optional<Device> parse(std::string_view text);
};

// The fstat(2) of a mapped file at the moment it was mapped. Times are ns since the epoch.
struct FileStat {
  uint32_t mode = 0;
  uint64_t size_bytes = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;

  constexpr bool operator==(const FileStat&) const = default;
};

// Exactly what the kernel says about one mapping: a line of /proc/PID/maps plus the fstat of its file.
struct KernelMapping {
  MemoryRange range;
  Protection prot;
  // MAP_* bits of mmap(2) that outlive the call: MAP_SHARED, MAP_PRIVATE, MAP_ANONYMOUS, MAP_GROWSDOWN,
  // MAP_NORESERVE.
  uint32_t flags = 0;
  uint64_t offset_bytes = 0;  // into the file; 0 for anonymous mappings
  Device device;              // 00:00 for anonymous mappings
  uint64_t inode = 0;
  std::string
      path;  // as the kernel prints it, "[heap]" and " (deleted)" included; empty for anonymous memory
  FileStat file_stat;  // all zero where there is no file

  bool operator==(const KernelMapping&) const = default;
  // True when the kernel could print both as one line: they touch, and nothing but the position differs.
  bool continues(const KernelMapping& lower) const;
  // The part of this mapping within `part`, with its offset moved along.
  KernelMapping slice(const MemoryRange& part) const;
};

// "private|growsdown" for people.
std::string mapping_flags_text(uint32_t flags);

}  // namespace bygone
