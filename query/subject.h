#pragma once

#include <string>

#include "query/phrase.h"
#include "query/session.h"

namespace bygone::query {

// What a bare "of 4711" means to a phrase when both a task and a process have that id.
enum class Preference { task, process };

// "task = 4711" or "task IN (SELECT tid ...)" over the column `task`; empty for anybody. Fails with not_found
// when the recording has no such task or process.
Expected<std::string> filter_for(const Subject& subject, Preference preference, std::string_view column,
                                 Session& session);

// The event of a moment, checked against the recording's range. Fails with not_found outside of it.
Expected<EventNumber> event_of(const Moment& moment, Session& session);

// The address space a phrase means: that of `subject`, else of the task whose event it is. `event` moves one
// back when it is the task's end, which finds the address space as it was until then.
struct Place {
  AddressSpaceId space;
  EventNumber event;
};
Expected<Place> place_of(const Subject& subject, EventNumber event, Session& session);

// The task a phrase means, in the same way.
struct TaskAt {
  Tid task;
  EventNumber event;
};
Expected<TaskAt> task_at(const Subject& subject, EventNumber event, Session& session);

// The process a phrase means, in the same way.
struct ProcessAt {
  Tid process;
  EventNumber event;
};
Expected<ProcessAt> process_at(const Subject& subject, EventNumber event, Session& session);

}  // namespace bygone::query
