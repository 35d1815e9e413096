#pragma once

#include <linux/falloc.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "schema/kernel_mapping.h"

namespace bygone {

// Which parts of a mapped file hold data, so that nobody reads through gigabytes of zeroes, or makes memory
// of them (reading a hole of shared memory by way of a mapping allocates its pages).
struct FileData {
  using Ranges = std::vector<std::pair<uint64_t, uint64_t>>;  // offsets in the file, begin and end, ascending
  Ranges data;   // in whole pages; what lies behind the end of the file is in neither
  Ranges holes;  // all zero
};

// Of [begin, end) of the file behind `mapping`, which is as the kernel lists it for `tid`. The file is opened
// (open_mapped_file) and asked with lseek(2), SEEK_DATA; nothing where either is not to be had.
std::optional<FileData> find_file_data(pid_t tid, const KernelMapping& mapping, uint64_t begin, uint64_t end);

// Whether fallocate(2) in this mode moves what lies behind its range.
inline bool moves_bytes(int fallocate_mode) {
  return (fallocate_mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)) != 0;
}

}  // namespace bygone
