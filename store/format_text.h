#pragma once

#include <string>

namespace bygone {

// The part of docs/format.md that describes tables and wire records, made from the field lists of
// schema/row_fields.h.
std::string format_tables_text();

}  // namespace bygone
