#pragma once

#include <string>

#include "query/phrase.h"
#include "query/session.h"

namespace bygone::query {

// The SQL that answers a phrase on this very recording: names and ids are resolved, events are checked
// against its range. `bygone sql` takes it as it is.
Expected<std::string> sql_for(const Phrase& phrase, Session& session);

// The WHERE expression of a condition over the view `frames`. `phrase`: all of it, for complaints.
Expected<std::string> sql_for(const Condition& condition, std::string_view phrase, const CallNames& names);

}  // namespace bygone::query
