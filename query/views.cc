#include "query/views.h"

namespace bygone::query {
namespace {

// 9223372036854775807 is kNoEvent: it still holds.
constexpr View kViews[] = {
    {"frames",
     "SELECT event, task, frame_kind(kind) AS kind, frame_call(kind, call) AS call, result, "
     "frame_error(kind, result) AS error, time_ns / 1e9 AS time, kind AS kind_number, call AS call_number, "
     "time_ns "
     "FROM main.frame"},
    {"tasks",
     "SELECT tid, tgid, parent, first_event, nullif(end_event, 9223372036854775807) AS end_event, command, "
     "wait_status(status) AS status, id, status AS status_number FROM main.task"},
    {"mappings",
     "SELECT address_space, first_event, nullif(end_event, 9223372036854775807) AS end_event, "
     "address(\"start\") AS \"start\", address(\"end\") AS \"end\", prot, map_flags(flags) AS flags, "
     "address(\"offset\") AS \"offset\", device, inode, path, mapping_kind(kind) AS kind, id, "
     "\"start\" AS start_address, \"end\" AS end_address, kept, content FROM main.mapping"},
    {"signals",
     "SELECT s.event, s.task, signal_name(s.signal) AS signal, s.code, signal_position(s.position) AS "
     "position, "
     "signal_action(s.action) AS action, f.time_ns / 1e9 AS time, s.signal AS signal_number "
     "FROM main.signal AS s LEFT JOIN main.frame AS f ON f.event = s.event"},
    {"execs",
     "SELECT a.first_event AS event, f.task, "
     "(SELECT m.path FROM main.mapping AS m WHERE m.address_space = a.id AND m.first_event = a.first_event "
     "AND m.kind = 1 ORDER BY m.id LIMIT 1) AS program, f.time_ns / 1e9 AS time, a.id AS address_space "
     "FROM main.address_space AS a LEFT JOIN main.frame AS f ON f.event = a.first_event WHERE a.parent = 0"},
    {"memory_writes",
     "SELECT event, ordinal, task, address(address) AS address, size_bytes AS size, address AS "
     "address_number "
     "FROM main.memory_write"},
    {"paths",
     "SELECT p.event, f.task, f.call, p.argument, p.flags, p.path, f.result, f.error FROM main.path_argument "
     "AS p "
     "JOIN frames AS f ON f.event = p.event"},
    {"files",
     "SELECT path, size_bytes AS size, sha256, device, inode, mtime_ns / 1e9 AS mtime, id FROM main.content"},
    {"uncaptured",
     "SELECT syscall_name(call) AS call, detail, count, first_event, call AS call_number FROM "
     "main.uncaptured_call"},
};

}  // namespace

std::span<const View> views() {
  return kViews;
}

}  // namespace bygone::query
