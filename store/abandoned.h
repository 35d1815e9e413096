#pragma once

#include <filesystem>

namespace bygone {

// Removes recordings that a service began and did not come to tell their recorder about before it was killed:
// the recorder asks the next service for the same name again. They are empty; anything that holds a frame or
// the beginning of a header, or that a second recorder has joined, stays, and so does what cannot be read. To
// be called by a service that does not listen yet.
void remove_abandoned(const std::filesystem::path& store);

// Removes the lock files of recordings whose recorder was killed together with its service. To be called by a
// service that leaves because nobody came for a while: by then a recorder that lives would have been back.
// One that comes later all the same finds its recording as it was.
void remove_stale_locks(const std::filesystem::path& store);

}  // namespace bygone
