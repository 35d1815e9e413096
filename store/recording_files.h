#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"

namespace bygone {

// Where the recordings of a store lie and how they are called. All names given in are checked first.

std::filesystem::path catalog_path(const std::filesystem::path& store);
std::filesystem::path recording_path(const std::filesystem::path& store, std::string_view name);

// Letters, digits and . _ + - only, not beginning with a dot.
Expected<void> check_name(std::string_view name);

// Claims `name`, or the next free number after `program` if it is empty, by making an empty database file;
// safe against others doing the same.
Expected<std::filesystem::path> claim_name(const std::filesystem::path& store, std::string_view name,
                                           std::string_view program);

// Names of all recordings, in no order.
std::vector<std::string> recording_names(const std::filesystem::path& store);

// Size of the database and what SQLite keeps beside it.
uint64_t recording_size_bytes(const std::filesystem::path& database);

// Removes the database and what lies beside it.
Expected<void> remove_recording_files(const std::filesystem::path& database);

}  // namespace bygone
