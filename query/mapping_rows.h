#pragma once

#include <span>
#include <vector>

#include "query/row_function.h"
#include "schema/mapping.h"
#include "store/recording_reader.h"

namespace bygone::query {

// Neighbours that /proc/PID/maps would print as one line become one. `mappings` by address; row identities
// and intervals of the result are those of the lowest part.
std::vector<Mapping> merged(std::vector<Mapping> mappings);

// One stretch of an address space that is not at `later` what it was at `earlier`.
struct MappingChange {
  enum class Kind { came, went, changed };
  Kind kind = Kind::came;
  Mapping mapping;                // as it is later; for `went` as it was
  Protection earlier_protection;  // of `changed` and `went`
};
// Both by address.
std::vector<MappingChange> changes(std::span<const Mapping> earlier, std::span<const Mapping> later);

// mappings_at(event, address_space), mappings_between(first, last, address_space). `recording` must outlive
// them.
std::vector<RowFunction> mapping_functions(RecordingReader& recording);

}  // namespace bygone::query
