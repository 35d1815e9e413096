#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/ids.h"
#include "schema/keep_bounds.h"

namespace bygone {

struct PruneOutcome {
  EventNumber beginning;              // of the window from now on; 0 where nothing was dropped
  uint64_t used_bytes = 0;            // by what is kept
  bool is_least = false;              // no later snapshot could open the window
  std::vector<std::string> contents;  // sha256 of those that no row names any more
};

// Drops what lies before the window. The room is used again by what comes later, and given back bit by bit
// where that is a large share of the file. To be called inside a transaction of the recording's writer, with
// everything before flushed. Members throw SQLite::Exception besides.
class Pruner {
 public:
  Pruner(SQLite::Database& database, KeepBounds bounds) : database_(database), bounds_(bounds) {}

  // Moves the beginning of the window to the snapshot the bounds ask for, if there is a later one than the
  // present.
  Expected<PruneOutcome> prune();

 private:
  EventNumber wanted_by_time();
  EventNumber wanted_by_size(EventNumber present, uint64_t aim_bytes);
  uint64_t used_bytes();
  void drop_before(EventNumber beginning);
  std::vector<std::string> drop_contents(EventNumber beginning);
  Expected<void> drop_pages();
  void drop_blobs();
  void give_back();

  SQLite::Database& database_;
  KeepBounds bounds_;
};

}  // namespace bygone
