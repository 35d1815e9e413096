#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "recorder/inheritance.h"
#include "recorder/snapshot_pacer.h"
#include "schema/error.h"
#include "schema/record.h"
#include "schema/rows.h"

namespace bygone {

// How much a recording or a replay proves of itself as it goes.
enum class Checking { registers_only, everything };

// Whether the rows of the system call table are held against what calls really change.
enum class RowChecking { off, on };

// What becomes of the program when the store takes no more: it is let go and runs on unrecorded, or it dies.
enum class OnStoreFailure { detach, kill };

// What becomes of a program that computes beyond the limit and cannot be stopped in the middle.
enum class OnSpin { detach, kill };

// Whether the children that a process has when it is attached to are recorded with it, and theirs.
enum class Descendants { left_alone, too };

// How rdtsc is made to trap: by the processor, or, where that does not work, by ud2 in its place, which a
// program that reads its own code can see.
enum class TimestampTrap { as_possible, ud2 };

struct RecordOptions {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH as execvp(3) does
  // everything: AddressSpace is validated against /proc/PID/maps after every frame, and digests of all
  // writable memory are stored at intervals and at each task's exit.
  Checking checking = Checking::registers_only;
  // on: all writable memory is compared over every call, and a call that changed more than its row says is
  // told of and counted. It costs time in proportion to the program's memory, at every call.
  RowChecking row_checking = RowChecking::off;
  OnStoreFailure on_store_failure = OnStoreFailure::detach;
  Descendants descendants = Descendants::left_alone;
  TimestampTrap timestamp_trap = TimestampTrap::as_possible;
  SnapshotOptions snapshots;
  // How long a task may compute while others, or a signal, wait for it and no place is found in which a
  // replay could stop it too; 0: without limit.
  int64_t spin_limit_s = 0;
  OnSpin on_spin = OnSpin::detach;
  // Called, with its event, when a signal of those that dump core ends a process of the program; may be
  // empty.
  std::function<void(EventNumber)> crashed;
  // Told, in plain words, what the user should know while the program runs; may be empty.
  std::function<void(const std::string&)> warn;
};

struct RecordOutcome {
  int wait_status = 0;  // of the first task, as wait(2) gives it
  uint64_t events = 0;  // that were written down; with a store_failure not all of them are stored
  uint64_t ptrace_stops = 0;
  uint64_t compared_calls = 0;  // calls nothing describes, captured by comparing all memory before and after
  uint64_t uncaptured_calls =
      0;                       // calls nothing describes that could not be captured so: a replay may differ
  uint64_t checked_calls = 0;  // calls whose row was held against what they changed
  uint64_t misdescribed_calls = 0;  // of those, calls that changed memory their row does not mention
  bool detached = false;            // the process it was attached to runs on
  uint64_t snapshots = 0;
  // Why the recording ends before the program did, which was let go (OnStoreFailure::detach).
  std::optional<Error> store_failure;
  std::optional<Error> spun_out;  // likewise (OnSpin::detach)
};

// The header a recording of `options` starts with: format, uuid, machine, kernel, command, working
// directory...
Expected<std::vector<HeaderEntry>> make_header(const RecordOptions& options);

// Fails with no_program or not_executable if argv[0] cannot be run, before anything is recorded.
Expected<std::string> find_program(const std::string& name);

// What to name a running process's recording after, and what to say of it in the header. Fails with
// not_found.
Expected<std::string> describe_process(pid_t pid, RecordOptions& options);

// Records a process that runs already, with all its threads and what it starts from now on, until SIGINT or
// SIGTERM, for `duration` at most, or until its end. It then runs on as it would have; where the recorder is
// killed it does, too. The options' argv says what it was started with.
Expected<RecordOutcome> record_process(pid_t pid, const RecordOptions& options,
                                       std::optional<std::chrono::nanoseconds> duration, RecordSink& sink);

// Runs the program and its descendants under ptrace until the last of them is gone; where the program was let
// go, until the first process is. Standard streams and the terminal are the caller's. The calling thread
// becomes the tracer and is pinned to one core while it records; call it from a process that has no other
// children. SIGINT, SIGQUIT, SIGTERM and SIGHUP are passed on to the program (recorder/passed_signals.h);
// what `inheritance` has put aside is its own.
Expected<RecordOutcome> record_program(const RecordOptions& options, const Inheritance& inheritance,
                                       RecordSink& sink);

}  // namespace bygone
