#pragma once

// The row types of a recording besides Mapping (schema/mapping.h). Their field lists are in
// schema/row_fields.h.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/ids.h"
#include "schema/kernel_mapping.h"

namespace bygone {

// Stored values: append only.
enum class FrameKind : uint8_t {
  syscall = 1,  // a system call returned (or, for exit calls, was entered for good: no result)
  enter = 2,    // a task entered a call and lost its turn inside it; its `syscall` frame follows later
  exec = 3,     // execve(2) succeeded: a new address space, new registers
  clone = 4,    // a task made another; result is the new tid
  start = 5,    // first frame of a made task
  signal = 6,   // a signal arrived; registers as it found them
  handler =
      7,  // the kernel has set up the handler's stack frame; registers at the handler's first instruction
  instruction = 8,  // an instruction was emulated: rdtsc, rdtscp; call is 0, result the value
  exit = 9,         // the task is gone; result is its wait(2) status
  preempt = 10,     // the task was stopped inside a computation
  altered = 11,     // its tracer, another task, gave it the registers with which it goes on
  step = 12,        // one instruction, which is no system call, was run for its tracer
  attach = 13,      // a task that ran already when the recording began
};

// One event. The wire record carries, as payload, the registers with which the task stands after it, where it
// has any.
struct Frame {
  EventNumber event;
  Tid task;
  FrameKind kind = FrameKind::syscall;
  std::optional<int32_t> call;  // system call number (unistd_64.h); for signal and handler the signal number
  std::optional<int64_t> result;  // as the kernel returned it: -errno on failure
  uint64_t time_ns = 0;           // since the recording began, CLOCK_MONOTONIC
};

struct Task {
  TaskId id;
  Tid tid;
  Tid tgid;
  Tid parent;  // tid of the task that made it; 0 for the first
  EventNumber first_event;
  EventNumber end_event = kNoEvent;
  std::string command;            // /proc/PID/comm of its last exec; the parent's until then
  std::optional<int32_t> status;  // wait(2) status, once it has ended
};

// Which address space a task runs in during [first_event, end_event).
struct TaskAddressSpace {
  TaskId task;
  AddressSpaceId address_space;
  EventNumber first_event;
  EventNumber end_event = kNoEvent;
};

struct AddressSpaceRow {
  AddressSpaceId id;
  AddressSpaceId parent;  // copied from by fork(2); 0 for one made by execve(2)
  EventNumber first_event;
  EventNumber end_event = kNoEvent;
  uint64_t stack_limit_bytes = 0;  // RLIMIT_STACK when it was made; how far its stack may grow
};

// Memory the kernel wrote on behalf of a task; the bytes are the payload. Applied in order of `ordinal`.
struct MemoryWrite {
  EventNumber event;
  uint32_t ordinal = 0;
  Tid task;
  Address address;
  uint64_t size_bytes = 0;
};

// Stored values: append only.
enum class SignalPosition : uint8_t {
  fault = 1,       // raised by the instruction the registers point at
  call_exit = 2,   // right after the task's previous frame
  call_entry = 3,  // before the system call instruction the registers point at
};
// traced: it stopped for the task's tracer, another task; what that makes of it is a later event.
enum class SignalAction : uint8_t { handled = 1, ignored = 2, terminated = 3, stopped = 4, traced = 5 };

// A `signal` frame's details; the siginfo_t is the payload.
struct Signal {
  EventNumber event;
  Tid task;
  int32_t signal = 0;
  int32_t code = 0;
  SignalPosition position = SignalPosition::call_exit;
  SignalAction action = SignalAction::handled;
};

// XSAVE area of a task after an event at which it changed outside the program's control; the payload.
struct ExtendedState {
  EventNumber event;
  Tid task;
  uint64_t size_bytes = 0;
};

// Bytes that reached the recording's standard output (stream 1) or standard error (2); the payload.
struct Output {
  EventNumber event;
  uint32_t ordinal = 0;
  int32_t stream = 1;
  uint64_t size_bytes = 0;
};

// A file whose bytes the recording holds in the catalog under their SHA-256.
struct Content {
  ContentId id;
  std::string sha256;  // lower-case hex of the whole content; empty until the content is complete
  uint64_t size_bytes = 0;
  Device device;
  uint64_t inode = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  std::string path;
};

// XXH3-64 of one writable mapping after an event, for replays that prove memory too (`--check`).
struct MemoryDigest {
  EventNumber event;
  AddressSpaceId address_space;
  Address start;
  Address end;
  uint64_t digest = 0;
};

// The whole tree at an event: every task and all its memory, so that a replay can begin there. Written last
// of what belongs to it: where this row is missing the others are left-overs.
struct Snapshot {
  EventNumber event;       // as things stand after it
  uint64_t pages = 0;      // its page tables name
  uint64_t new_pages = 0;  // of those, kept for the first time
  uint64_t pause_ns = 0;   // how long the program stood still for it
};

// Where a task stands in a snapshot. Stored values: append only.
enum class SnapshotPosition : uint8_t {
  user = 0,           // goes on with its registers
  call_returned = 1,  // so too, but an interrupted call may start again
  in_call = 2,        // has entered a call (its last frame) which returns later
};

// A task of a snapshot. The payload is struct Registers, followed by its XSAVE area.
struct SnapshotTask {
  EventNumber event;
  Tid task;
  Tid tgid;
  AddressSpaceId address_space;
  SnapshotPosition position = SnapshotPosition::user;
};

// An address space of a snapshot. The payload is a PageTable (schema/page_table.h) by address: its private
// pages that hold something else than their mapping's row tells (files' contents, else zeroes).
struct SnapshotSpace {
  EventNumber event;
  AddressSpaceId address_space;
  uint64_t stack_limit_bytes = 0;  // RLIMIT_STACK now
};

// A mapped file, or shared memory, that may hold something else than what was stored of it. The payload is a
// PageTable by offset.
struct SnapshotFile {
  EventNumber event;
  Device device;
  uint64_t inode = 0;
  uint64_t size_bytes = 0;
};

// What madvise(2) has said of memory in a snapshot, as far as it matters later.
struct SnapshotAdvice {
  EventNumber event;
  AddressSpaceId address_space;
  Address start;
  Address end;
  int32_t advice = 0;  // MADV_DONTFORK, MADV_WIPEONFORK, MADV_GUARD_INSTALL
};

// Pages that snapshots name, from `id` on; the payload is their bytes, one after the other.
struct PageBatch {
  PageId id;
  EventNumber event;  // of the snapshot that kept them
  uint64_t pages = 0;
};

// No event after this one refers to the content by this number: the recorder has forgotten it. Written where
// only a window is kept, so that contents leave it too.
struct ContentRelease {
  EventNumber event;
  ContentId content;
};

// How often a call or option was met that bygone could not describe; `replay` is then not to be trusted
// beyond it.
struct UncapturedCall {
  int32_t call = 0;
  std::string detail;
  uint64_t count = 0;
  EventNumber first_event;
};

// A path that a task gave to a call that opens, executes, makes, removes or renames files; the event is the
// call's return, which says whether it worked.
struct PathArgument {
  EventNumber event;
  uint32_t argument = 0;
  std::optional<int64_t> flags;
  std::string path;
};

// What a system call number is called, so that the file explains itself to whoever opens it with plain
// SQLite. Sent once per call, before or at its first frame.
struct CallName {
  int32_t number = 0;
  std::string name;
};

// Ends of rows that were appended while open.
struct MappingEnd {
  MappingId id;
  EventNumber end_event;
};
struct TaskEnd {
  TaskId id;
  EventNumber end_event;
  std::optional<int32_t> status;
};
struct TaskCommand {
  TaskId id;
  std::string command;
};
struct TaskAddressSpaceEnd {
  TaskId task;
  AddressSpaceId address_space;
  EventNumber end_event;
};
struct AddressSpaceEnd {
  AddressSpaceId id;
  EventNumber end_event;
};

// The header's entry for a recording that begins with a snapshot: its event.
inline constexpr std::string_view kFirstEventKey = "first_event";

// One key of the header, written first: format, uuid, machine, command... (docs/format.md lists them).
struct HeaderEntry {
  std::string key;
  std::string value;
};

}  // namespace bygone
