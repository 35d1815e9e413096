#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>

#include "schema/error.h"
#include "schema/ids.h"
#include "schema/keep_bounds.h"

namespace bygone {

// Drops what lies before the window. The room is used again by what comes later: the file does not grow
// beyond the largest window. To be called inside a transaction of the recording's writer, with everything
// before flushed. Members throw SQLite::Exception besides.
class Pruner {
 public:
  Pruner(SQLite::Database& database, KeepBounds bounds) : database_(database), bounds_(bounds) {}

  // Moves the beginning of the window to the snapshot the bounds ask for, if there is a later one than the
  // present. Returns the event the recording begins with then; 0 where nothing was dropped.
  Expected<EventNumber> prune();

 private:
  EventNumber wanted_beginning();
  uint64_t used_bytes();
  void drop_before(EventNumber beginning);
  Expected<void> drop_pages();
  Expected<void> drop_blobs();

  SQLite::Database& database_;
  KeepBounds bounds_;
};

}  // namespace bygone
