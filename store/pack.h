#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "schema/error.h"
#include "store/store.h"

namespace bygone {

struct PackReport {
  uint64_t events = 0;
  uint64_t contents = 0;    // files carried along
  uint64_t size_bytes = 0;  // of the packed file
};

// Writes a recording and the whole of every file it mapped into one file that can be read in place of a name,
// on any machine. A recording in progress is packed as far as it has come. `file` must not exist; it appears
// under its name only when it is complete.
Expected<PackReport> pack_recording(const Store& store, std::string_view name_or_file,
                                    const std::filesystem::path& file);

// Brings a packed recording into the store and returns its name there: `name`, or the one it had, numbered if
// that is taken. What the store has already is not stored again.
Expected<std::string> import_recording(const Store& store, const std::filesystem::path& file,
                                       std::string_view name);

}  // namespace bygone
