#pragma once

// One field list per row type. The tables of a recording (schema/ddl.h), the wire codec (schema/codec.h) and
// the tables of docs/format.md are all made from these lists; nothing about a row is written down twice.

#include <string_view>
#include <tuple>

#include "schema/mapping.h"
#include "schema/record.h"
#include "schema/rows.h"
#include "schema/version.h"

namespace bygone {

// What goes along with a row besides its fields.
enum class PayloadKind {
  none,
  bytes,      // stored zstd-compressed; the table gets the columns kPayloadColumns
  registers,  // struct Registers or nothing; stored columnar in frame_chunk
};

// Where a payload lies: it starts at an offset into blob.id = blob and runs on into the blobs behind it. Null
// for none.
inline constexpr std::string_view kPayloadColumns = "blob, blob_offset_bytes, blob_size_bytes";

template <class Get>
struct Field {
  std::string_view name;
  std::string_view doc;
  Get get;
  int64_t since_format = 0;  // recordings of older formats read as 0
};
template <class Get>
Field(std::string_view, std::string_view, Get) -> Field<Get>;
template <class Get>
Field(std::string_view, std::string_view, Get, int64_t) -> Field<Get>;

template <class Row>
struct RowFields;

#define BYGONE_FIELD(member, name, doc) \
  Field {                               \
    name, doc, [](auto& row) -> auto& { \
      return row.member;                \
    }                                   \
  }

#define BYGONE_FIELD_SINCE(format, member, name, doc) \
  Field {                                             \
    name, doc, [](auto& row) -> auto& {               \
      return row.member;                              \
    }                                                 \
    , format                                          \
  }

template <>
struct RowFields<HeaderEntry> {
  static constexpr RecordType type = RecordType::header;
  static constexpr std::string_view table = "header";
  static constexpr std::string_view doc =
      "What was recorded, where and by whom; written before anything else.";
  static constexpr std::string_view key = "key";
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(key, "key", "name of the entry"),
      BYGONE_FIELD(value, "value", "its value as text"),
  };
};

template <>
struct RowFields<Frame> {
  static constexpr RecordType type = RecordType::frame;
  static constexpr std::string_view table = "frame";
  static constexpr std::string_view doc = "One row per event, numbered from 1 without holes.";
  static constexpr std::string_view key = "event";
  static constexpr PayloadKind payload = PayloadKind::registers;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "event number"),
      BYGONE_FIELD(task, "task", "tid of the task"),
      BYGONE_FIELD(kind, "kind", "frame_kind: what happened"),
      BYGONE_FIELD(call, "call",
                   "system call number; signal number for signal and handler frames; null for others"),
      BYGONE_FIELD(
          result, "result",
          "what the kernel returned (-errno on failure), new tid, instruction's value or wait status"),
      BYGONE_FIELD(time_ns, "time_ns", "CLOCK_MONOTONIC since the recording began, ns"),
  };
};

template <>
struct RowFields<Task> {
  static constexpr RecordType type = RecordType::task;
  static constexpr std::string_view table = "task";
  static constexpr std::string_view doc = "A thread of the recorded program.";
  static constexpr std::string_view key = "id";
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(id, "id", "row identity; tids may be reused"),
      BYGONE_FIELD(tid, "tid", "thread id"),
      BYGONE_FIELD(tgid, "tgid", "thread group (process) id"),
      BYGONE_FIELD(parent, "parent", "tid of the task that made it, 0 for the first"),
      BYGONE_FIELD(first_event, "first_event", "its first event"),
      BYGONE_FIELD(end_event, "end_event", "the event of its end; 9223372036854775807 while it lives"),
      BYGONE_FIELD(command, "command", "comm of its last exec, of its parent until then"),
      BYGONE_FIELD(status, "status", "wait(2) status, null while it lives"),
  };
};

template <>
struct RowFields<TaskAddressSpace> {
  static constexpr RecordType type = RecordType::task_address_space;
  static constexpr std::string_view table = "task_address_space";
  static constexpr std::string_view doc = "Which address space a task runs in, and when.";
  static constexpr std::string_view key = "task,address_space";
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(task, "task", "task.id"),
      BYGONE_FIELD(address_space, "address_space", "address_space.id"),
      BYGONE_FIELD(first_event, "first_event", "first event at which it runs there"),
      BYGONE_FIELD(end_event, "end_event", "first event at which it does not any more"),
  };
};

template <>
struct RowFields<AddressSpaceRow> {
  static constexpr RecordType type = RecordType::address_space;
  static constexpr std::string_view table = "address_space";
  static constexpr std::string_view doc = "An address space, shared by the tasks task_address_space names.";
  static constexpr std::string_view key = "id";
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(id, "id", "row identity"),
      BYGONE_FIELD(parent, "parent", "the address space fork copied it from, 0 for one made by execve"),
      BYGONE_FIELD(first_event, "first_event", "the event that made it"),
      BYGONE_FIELD(end_event, "end_event", "the event at which its last task left it"),
      BYGONE_FIELD(stack_limit_bytes, "stack_limit_bytes", "RLIMIT_STACK when it was made"),
  };
};

template <>
struct RowFields<Mapping> {
  static constexpr RecordType type = RecordType::mapping;
  static constexpr std::string_view table = "mapping";
  static constexpr std::string_view doc =
      "A mapping as the recorded kernel described it, during first_event <= event < end_event.";
  static constexpr std::string_view key = "id";
  static constexpr PayloadKind payload = PayloadKind::bytes;
  // A stack's bytes; no two stacks are equal.
  static constexpr bool shares_payloads = false;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(id, "id", "row identity"),
      BYGONE_FIELD(address_space, "address_space", "address_space.id"),
      BYGONE_FIELD(first_event, "first_event", "the event that made it"),
      BYGONE_FIELD(end_event, "end_event", "the event that changed or removed it"),
      BYGONE_FIELD(recorded.range.start, "start", "first address"),
      BYGONE_FIELD(recorded.range.end, "end", "first address behind it"),
      BYGONE_FIELD(recorded.prot, "prot", "as in /proc/PID/maps: rwxp or rwxs"),
      BYGONE_FIELD(recorded.flags, "flags", "MAP_* bits of mmap(2)"),
      BYGONE_FIELD(recorded.offset_bytes, "offset", "offset into the file, bytes"),
      BYGONE_FIELD(recorded.device, "device", "as in /proc/PID/maps, major:minor in hex"),
      BYGONE_FIELD(recorded.inode, "inode", "inode of the file, 0 for none"),
      BYGONE_FIELD(recorded.path, "path", "as in /proc/PID/maps"),
      BYGONE_FIELD(recorded.file_stat.mode, "file_mode", "st_mode of the file"),
      BYGONE_FIELD(recorded.file_stat.size_bytes, "file_size_bytes", "st_size of the file"),
      BYGONE_FIELD(recorded.file_stat.mtime_ns, "file_mtime_ns", "st_mtim, ns since the epoch"),
      BYGONE_FIELD(recorded.file_stat.ctime_ns, "file_ctime_ns", "st_ctim, ns since the epoch"),
      BYGONE_FIELD(kind, "kind", "mapping_kind: what it is for"),
      BYGONE_FIELD(data.source, "source",
                   "data_source: where the bytes of pages that are new in this row come from"),
      BYGONE_FIELD(data.content, "content", "content.id for source content"),
      BYGONE_FIELD(data.offset_bytes, "content_offset_bytes", "where in that content the range starts"),
      BYGONE_FIELD(data.kept, "kept", "1: pages that were mapped before kept what they held"),
      BYGONE_FIELD(data.moved_from, "moved_from", "address mremap moved it from, 0 for none"),
      BYGONE_FIELD_SINCE(
          kThreadStacksSince, stack_top, "stack_top",
          "of thread_stack the address it grows down from, of former_stack where its thread ended; else 0"),
  };
};

template <>
struct RowFields<MemoryWrite> {
  static constexpr RecordType type = RecordType::memory_write;
  static constexpr std::string_view table = "memory_write";
  static constexpr std::string_view doc = "Memory the kernel wrote for a task at an event.";
  static constexpr std::string_view key = "event,ordinal";
  static constexpr PayloadKind payload = PayloadKind::bytes;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "event number"),
      BYGONE_FIELD(ordinal, "ordinal", "order within the event, from 0"),
      BYGONE_FIELD(task, "task", "tid of the task whose address space it is"),
      BYGONE_FIELD(address, "address", "first address"),
      BYGONE_FIELD(size_bytes, "size_bytes", "how many bytes"),
  };
};

template <>
struct RowFields<Signal> {
  static constexpr RecordType type = RecordType::signal;
  static constexpr std::string_view table = "signal";
  static constexpr std::string_view doc = "Details of a signal frame; the blob is its siginfo_t.";
  static constexpr std::string_view key = "event";
  static constexpr PayloadKind payload = PayloadKind::bytes;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "event number of the signal frame"),
      BYGONE_FIELD(task, "task", "tid it was delivered to"),
      BYGONE_FIELD(signal, "signal", "signal number"),
      BYGONE_FIELD(code, "code", "si_code, see sigaction(2)"),
      BYGONE_FIELD(position, "position", "signal_position: where in the task's run it arrived"),
      BYGONE_FIELD(action, "action", "signal_action: what came of it"),
  };
};

template <>
struct RowFields<ExtendedState> {
  static constexpr RecordType type = RecordType::extended_state;
  static constexpr std::string_view table = "extended_state";
  static constexpr std::string_view doc = "XSAVE area of a task after an event that changed it from outside.";
  static constexpr std::string_view key = "event";
  static constexpr PayloadKind payload = PayloadKind::bytes;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "event number"),
      BYGONE_FIELD(task, "task", "tid of the task"),
      BYGONE_FIELD(size_bytes, "size_bytes", "size of the area"),
  };
};

template <>
struct RowFields<Output> {
  static constexpr RecordType type = RecordType::output;
  static constexpr std::string_view table = "output";
  static constexpr std::string_view doc = "Bytes that reached the recording's standard output or error.";
  static constexpr std::string_view key = "event,ordinal";
  static constexpr PayloadKind payload = PayloadKind::bytes;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "event number of the call that wrote them"),
      BYGONE_FIELD(ordinal, "ordinal", "order within the event, from 0"),
      BYGONE_FIELD(stream, "stream", "1 standard output, 2 standard error"),
      BYGONE_FIELD(size_bytes, "size_bytes", "how many bytes"),
  };
};

template <>
struct RowFields<Content> {
  static constexpr RecordType type = RecordType::content;
  static constexpr std::string_view table = "content";
  static constexpr std::string_view doc = "A mapped file whose bytes are kept in the store's catalog.";
  static constexpr std::string_view key = "id";
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(id, "id", "row identity"),
      BYGONE_FIELD(sha256, "sha256",
                   "lower-case hex of the whole file's SHA-256; of a file with a hole of 1 GiB, see "
                   "store/content_hash.h"),
      BYGONE_FIELD(size_bytes, "size_bytes", "size of the file when it was stored"),
      BYGONE_FIELD(device, "device", "as in /proc/PID/maps"),
      BYGONE_FIELD(inode, "inode", "inode number"),
      BYGONE_FIELD(mtime_ns, "mtime_ns", "st_mtim, ns since the epoch"),
      BYGONE_FIELD(ctime_ns, "ctime_ns", "st_ctim, ns since the epoch"),
      BYGONE_FIELD(path, "path", "path at which it was mapped first"),
  };
};

template <>
struct RowFields<MemoryDigest> {
  static constexpr RecordType type = RecordType::memory_digest;
  static constexpr std::string_view table = "memory_digest";
  static constexpr std::string_view doc = "Digest of a writable mapping after an event (`record --check`).";
  static constexpr std::string_view key = "event,address_space,start";
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "event number"),
      BYGONE_FIELD(address_space, "address_space", "address_space.id"),
      BYGONE_FIELD(start, "start", "first address"),
      BYGONE_FIELD(end, "end", "first address behind it"),
      BYGONE_FIELD(digest, "digest", "XXH3-64 of the bytes"),
  };
};

template <>
struct RowFields<Snapshot> {
  static constexpr RecordType type = RecordType::snapshot;
  static constexpr std::string_view table = "snapshot";
  static constexpr std::string_view doc = "A moment at which a replay can begin.";
  static constexpr int64_t since_format = kSnapshotsSince;
  static constexpr std::string_view key = "event";
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "the event after which things stand so"),
      BYGONE_FIELD(pages, "pages", "pages of memory its tables name"),
      BYGONE_FIELD(new_pages, "new_pages", "pages that were kept for it"),
      BYGONE_FIELD(pause_ns, "pause_ns", "how long the program stood still for it"),
  };
};

template <>
struct RowFields<SnapshotTask> {
  static constexpr RecordType type = RecordType::snapshot_task;
  static constexpr std::string_view table = "snapshot_task";
  static constexpr std::string_view doc =
      "A task of a snapshot; the blob is its registers, in the order of struct Registers, and its XSAVE "
      "area.";
  static constexpr int64_t since_format = kSnapshotsSince;
  static constexpr std::string_view key = "event,task";
  static constexpr PayloadKind payload = PayloadKind::bytes;
  static constexpr bool shares_payloads = false;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "snapshot.event"),
      BYGONE_FIELD(task, "task", "tid of the task"),
      BYGONE_FIELD(tgid, "tgid", "thread group (process) id"),
      BYGONE_FIELD(address_space, "address_space", "address_space.id"),
      BYGONE_FIELD(position, "position", "snapshot_position: where it stands"),
  };
};

template <>
struct RowFields<SnapshotSpace> {
  static constexpr RecordType type = RecordType::snapshot_space;
  static constexpr std::string_view table = "snapshot_space";
  static constexpr std::string_view doc =
      "An address space of a snapshot; the blob is the table of its private pages, by address.";
  static constexpr int64_t since_format = kSnapshotsSince;
  static constexpr std::string_view key = "event,address_space";
  static constexpr PayloadKind payload = PayloadKind::bytes;
  static constexpr bool shares_payloads = false;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "snapshot.event"),
      BYGONE_FIELD(address_space, "address_space", "address_space.id"),
      BYGONE_FIELD(stack_limit_bytes, "stack_limit_bytes", "RLIMIT_STACK"),
  };
};

template <>
struct RowFields<SnapshotFile> {
  static constexpr RecordType type = RecordType::snapshot_file;
  static constexpr std::string_view table = "snapshot_file";
  static constexpr std::string_view doc =
      "Shared memory, or a file that may have changed, in a snapshot; the blob is the table of its pages, by "
      "offset.";
  static constexpr int64_t since_format = kSnapshotsSince;
  static constexpr std::string_view key = "event,device,inode";
  static constexpr PayloadKind payload = PayloadKind::bytes;
  static constexpr bool shares_payloads = false;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "snapshot.event"),
      BYGONE_FIELD(device, "device", "as in /proc/PID/maps"),
      BYGONE_FIELD(inode, "inode", "inode number"),
      BYGONE_FIELD(size_bytes, "size_bytes", "how far it reaches"),
  };
};

template <>
struct RowFields<SnapshotAdvice> {
  static constexpr RecordType type = RecordType::snapshot_advice;
  static constexpr std::string_view table = "snapshot_advice";
  static constexpr std::string_view doc = "What madvise has said of memory in a snapshot.";
  static constexpr int64_t since_format = kSnapshotsSince;
  static constexpr std::string_view key = "event,address_space,start,advice";
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "snapshot.event"),
      BYGONE_FIELD(address_space, "address_space", "address_space.id"),
      BYGONE_FIELD(start, "start", "first address"),
      BYGONE_FIELD(end, "end", "first address behind it"),
      BYGONE_FIELD(advice, "advice", "MADV_DONTFORK (10), MADV_WIPEONFORK (18) or MADV_GUARD_INSTALL (102)"),
  };
};

template <>
struct RowFields<PageBatch> {
  static constexpr RecordType type = RecordType::page_batch;
  static constexpr std::string_view table = "page";
  static constexpr std::string_view doc =
      "Pages of memory that snapshots name, numbered on from id; the blob is their bytes.";
  static constexpr int64_t since_format = kSnapshotsSince;
  static constexpr std::string_view key = "id";
  static constexpr PayloadKind payload = PayloadKind::bytes;
  // Kept once already.
  static constexpr bool shares_payloads = false;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(id, "id", "number of the first page"),
      BYGONE_FIELD(event, "event", "the snapshot that kept them first"),
      BYGONE_FIELD(pages, "pages", "how many pages"),
  };
};

template <>
struct RowFields<ContentRelease> {
  static constexpr RecordType type = RecordType::content_release;
  static constexpr std::string_view table = "content_release";
  static constexpr std::string_view doc =
      "Contents that no later event refers to, where only a window is kept.";
  static constexpr int64_t since_format = kSnapshotsSince;
  static constexpr std::string_view key = "event,content";
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "snapshot.event"),
      BYGONE_FIELD(content, "content", "content.id"),
  };
};

template <>
struct RowFields<UncapturedCall> {
  static constexpr RecordType type = RecordType::uncaptured_call;
  static constexpr std::string_view table = "uncaptured_call";
  static constexpr std::string_view doc =
      "Calls and options bygone had no description of when it recorded them.";
  static constexpr std::string_view key = "call,detail";
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(call, "call", "system call number"),
      BYGONE_FIELD(detail, "detail", "which option or request of it; empty for the whole call"),
      BYGONE_FIELD(count, "count", "how often it was met; the row with the highest count stands"),
      BYGONE_FIELD(first_event, "first_event", "where it was met first"),
  };
};

template <>
struct RowFields<PathArgument> {
  static constexpr RecordType type = RecordType::path_argument;
  static constexpr std::string_view table = "path_argument";
  static constexpr std::string_view doc =
      "Paths given to calls that open, execute, make, remove or rename files.";
  static constexpr std::string_view key = "event,argument";
  static constexpr int64_t since_format = kPathsSince;
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(event, "event", "the frame of the call, whose result says whether it worked"),
      BYGONE_FIELD(argument, "argument", "which argument of the call, from 0"),
      BYGONE_FIELD(flags, "flags", "O_* flags where the call opens; null for others"),
      BYGONE_FIELD(path, "path", "absolute, as far as the task's directories could be told; not normalised"),
  };
};

template <>
struct RowFields<CallName> {
  static constexpr RecordType type = RecordType::call_name;
  static constexpr std::string_view table = "call_name";
  static constexpr std::string_view doc = "Names of the system calls that occur in this recording.";
  static constexpr std::string_view key = "number";
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(number, "number", "system call number of x86-64"),
      BYGONE_FIELD(name, "name", "its name"),
  };
};

// Updates: the table and key name the row they change, the other fields are the columns they set.
template <class Row>
concept UpdateRow = requires {
  RowFields<Row>::updates;
};

template <>
struct RowFields<MappingEnd> {
  static constexpr RecordType type = RecordType::mapping_end;
  static constexpr std::string_view table = "mapping";
  static constexpr std::string_view key = "id";
  static constexpr bool updates = true;
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(id, "id", "mapping.id"),
      BYGONE_FIELD(end_event, "end_event", "the event that ended it"),
  };
};
template <>
struct RowFields<TaskEnd> {
  static constexpr RecordType type = RecordType::task_end;
  static constexpr std::string_view table = "task";
  static constexpr std::string_view key = "id";
  static constexpr bool updates = true;
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(id, "id", "task.id"),
      BYGONE_FIELD(end_event, "end_event", "the event of its end"),
      BYGONE_FIELD(status, "status", "wait(2) status"),
  };
};
template <>
struct RowFields<TaskCommand> {
  static constexpr RecordType type = RecordType::task_command;
  static constexpr std::string_view table = "task";
  static constexpr std::string_view key = "id";
  static constexpr bool updates = true;
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(id, "id", "task.id"),
      BYGONE_FIELD(command, "command", "comm after its exec"),
  };
};
template <>
struct RowFields<TaskAddressSpaceEnd> {
  static constexpr RecordType type = RecordType::task_address_space_end;
  static constexpr std::string_view table = "task_address_space";
  static constexpr std::string_view key = "task,address_space";
  static constexpr bool updates = true;
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(task, "task", "task.id"),
      BYGONE_FIELD(address_space, "address_space", "address_space.id"),
      BYGONE_FIELD(end_event, "end_event", "the event at which the task left it"),
  };
};
template <>
struct RowFields<AddressSpaceEnd> {
  static constexpr RecordType type = RecordType::address_space_end;
  static constexpr std::string_view table = "address_space";
  static constexpr std::string_view key = "id";
  static constexpr bool updates = true;
  static constexpr PayloadKind payload = PayloadKind::none;
  static constexpr auto fields = std::tuple{
      BYGONE_FIELD(id, "id", "address_space.id"),
      BYGONE_FIELD(end_event, "end_event", "the event at which its last task left it"),
  };
};

#undef BYGONE_FIELD

// Every row type that has a table of its own, in the order in which docs/format.md describes them.
using TableRows =
    std::tuple<HeaderEntry, Frame, Task, AddressSpaceRow, TaskAddressSpace, Mapping, MemoryWrite, Signal,
               ExtendedState, Output, Content, MemoryDigest, UncapturedCall, PathArgument, CallName, Snapshot,
               SnapshotTask, SnapshotSpace, SnapshotFile, SnapshotAdvice, PageBatch, ContentRelease>;
using UpdateRows = std::tuple<MappingEnd, TaskEnd, TaskCommand, TaskAddressSpaceEnd, AddressSpaceEnd>;

// The first format whose recordings have the row's table.
template <class Row>
constexpr int64_t since_format() {
  if constexpr (requires { RowFields<Row>::since_format; })
    return RowFields<Row>::since_format;
  else
    return 1;
}

// Whether equal payloads of several recordings are worth looking for.
template <class Row>
constexpr bool shares_payloads() {
  if constexpr (requires { RowFields<Row>::shares_payloads; })
    return RowFields<Row>::shares_payloads;
  else
    return RowFields<Row>::payload == PayloadKind::bytes;
}

// Calls visit(field) for every field of Row, in order.
template <class Row, class Visit>
constexpr void for_each_field(Visit&& visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, RowFields<Row>::fields);
}

}  // namespace bygone
