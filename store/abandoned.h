#pragma once

#include <filesystem>

namespace bygone {

// Removes recordings that a service began and did not come to tell their recorder about before it was killed:
// the recorder asks the next service for the same name again. They are empty; anything that holds a frame or
// the beginning of a header stays, and so does what cannot be read. To be called by a service that does not
// listen yet.
void remove_abandoned(const std::filesystem::path& store);

}  // namespace bygone
