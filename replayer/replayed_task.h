#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "schema/registers.h"
#include "schema/rows.h"
#include "tracee/address_space.h"
#include "tracee/maps_proof.h"
#include "tracee/memory.h"

namespace bygone {

// An address space of the replay: the recorded mappings, made anew.
struct ReplayedSpace {
  ReplayedSpace(AddressSpaceId id, pid_t pid) : space(id, unused_id), memory(pid) {}

  MappingId unused_id;  // rows come from the recording with their identities
  AddressSpace space;
  TraceeMemory memory;
  MapsProof proof;
  std::set<pid_t> users;                  // our processes that run in it
  std::vector<EventNumber> begin_events;  // at which rows of it begin, ascending
  size_t next_begin = 0;
  std::multimap<EventNumber, Address> ends;  // of the rows held, and where they start
  EventNumber changed_at;                    // the rows held are those of this event
};

// A recorded task as it is replayed: a process of ours, a child of the replayer even where the recorded one
// was a thread (it then shares memory and nothing else), stopped in the kernel between any two events.
struct ReplayedTask {
  Tid tid;        // as recorded
  Tid tgid;       // as recorded
  pid_t pid = 0;  // ours
  std::shared_ptr<ReplayedSpace> space;
  Registers registers;         // with which it goes on
  bool registers_set = true;   // the process holds them
  bool at_entry = false;       // stands at the entry of a call, whose frame is yet to come
  bool call_returned = false;  // the last frame was the return of a call: an interrupted one may start again
  EventNumber last_event;
};

}  // namespace bygone
