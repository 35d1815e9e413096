#pragma once

#include <optional>
#include <string>
#include <vector>

#include "query/phrase.h"
#include "query/session.h"

namespace bygone::query {

// Frames are stored in chunks, and the tables chunk_call and chunk_task say which calls and which tasks occur
// in which: frames of a rare call are found without reading the others.
//
// The FROM clause for frames that `where` (null for all) and task `task` can hold for: the view `frames`, or
// a join of it with the chunks that matter, where those are few. What it leaves out cannot match; what it
// delivers still has to be tested.
Expected<std::string> frames_source(const Condition* where, std::optional<int32_t> task, Session& session);

// Whether the recording has the tables; those of older builds have not.
Expected<bool> has_chunk_tables(Session& session);

}  // namespace bygone::query
