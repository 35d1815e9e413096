#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"
#include "schema/kernel_mapping.h"

namespace bygone {

// One line of /proc/PID/maps; nothing if it is none. flags holds MAP_SHARED or MAP_PRIVATE only, file_stat is
// empty.
std::optional<KernelMapping> parse_maps_line(std::string_view line);

// All of /proc/TID/maps, by address.
Expected<std::vector<KernelMapping>> read_maps(pid_t tid);

// The two halves of read_maps.
Expected<std::string> read_maps_text(pid_t tid);
Expected<std::vector<KernelMapping>> parse_maps(std::string_view text);

// The mapping that contains `address`, asked for alone (PROCMAP_QUERY, Linux 6.11) or found by reading all.
std::optional<KernelMapping> find_mapping(pid_t tid, Address address);

// Total size of all mappings in pages (the first number of /proc/TID/statm), or -1.
// `fd` is a caller-kept descriptor for that file, -1 before the first call.
int64_t mapped_pages(pid_t tid, int& fd);

}  // namespace bygone
