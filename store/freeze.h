#pragma once

#include <string>
#include <string_view>

#include "schema/error.h"
#include "store/store.h"

namespace bygone {

// Copies a recording, as far as it has come and as far back as it is kept, to one of its own, which nothing
// more is added to nor dropped from. Returns its name: `new_name`, or else one made from `name`. Recording
// goes on meanwhile.
Expected<std::string> freeze_recording(const Store& store, std::string_view name, std::string_view new_name);

}  // namespace bygone
