#include <map>
#include <set>
#include <utility>

#include "query/call_names.h"
#include "query/export.h"
#include "query/protobuf.h"
#include "query/select.h"
#include "query/task_table.h"
#include "query/text.h"
#include "query/timeline.h"
#include "schema/enum_names.h"

namespace bygone::query {
namespace {

// Field numbers of Perfetto's protos (trace_packet.proto, interned_data.proto, track_event.proto,
// track_descriptor.proto, debug_annotation.proto, process_tree.proto, ...).
namespace trace {
constexpr uint32_t packet = 1;
}
namespace packet {
constexpr uint32_t process_tree = 2, timestamp = 8, sequence_id = 10, track_event = 11, interned_data = 12,
                   sequence_flags = 13, track_descriptor = 60;
constexpr uint64_t state_cleared = 1, needs_state = 2;  // sequence_flags
}  // namespace packet
namespace interned {
constexpr uint32_t category = 1, event_name = 2, annotation_name = 3;
constexpr uint32_t iid = 1, name = 2;  // of each entry
}  // namespace interned
namespace track {
constexpr uint32_t uuid = 1, process = 3, thread = 4, parent_uuid = 5;
}
namespace process {
constexpr uint32_t pid = 1, name = 6, start_ns = 7;
}
namespace process_tree {
constexpr uint32_t processes = 1;
constexpr uint32_t pid = 1, parent_pid = 2, command_line = 3;  // of each of them
}  // namespace process_tree
namespace thread {
constexpr uint32_t pid = 1, tid = 2, name = 5;
}
namespace track_event {
constexpr uint32_t category_iid = 3, annotation = 4, type = 9, name_iid = 10, track_uuid = 11;
constexpr uint64_t slice_begin = 1, slice_end = 2, instant = 3;
}  // namespace track_event
namespace annotation {
constexpr uint32_t name_iid = 1, int_value = 4, string_value = 6;
}

// All packets form one sequence: they are in order, and names are told once.
constexpr uint64_t kSequence = 1;

std::string as_packet(ProtobufMessage content, uint64_t flags) {
  content.number(packet::sequence_id, kSequence).number(packet::sequence_flags, flags);
  return ProtobufMessage().message(trace::packet, content).bytes();
}

// Which track a task's events belong to: one for each task, also where ids are used again, but where an exec
// gives a thread the place of its leader: the kernel knows one task of that id then.
class Tracks {
 public:
  explicit Tracks(const TaskTable& tasks) : tasks_(tasks) {
    for (const Task& task : tasks.all()) {
      latest_[of(task)] = &task;
      if (task.tid == task.tgid) latest_[process_of(task)] = &task;
    }
  }

  uint64_t of(const Task& task) const {
    const Task* const leader = tasks_.is_heir(task) ? tasks_.leader(task) : nullptr;
    return (uint64_t(2) << 48) | (leader != nullptr ? *leader : task).id.value;
  }

  // The task that lived then; the id itself where the recording has no such task.
  uint64_t at(Tid tid, EventNumber event) const {
    const Task* task = tasks_.living(tid, event);
    return task != nullptr ? of(*task) : (uint64_t(3) << 48) | uint32_t(tid.value);
  }

  // The track of the process: named by its first thread, if that was seen.
  uint64_t process_of(const Task& task) const {
    const Task* leader = tasks_.leader(task);
    return leader != nullptr ? (uint64_t(1) << 48) | leader->id.value
                             : (uint64_t(4) << 48) | uint32_t(task.tgid.value);
  }

  // The name of what runs there last.
  const std::string& name(uint64_t track, const Task& otherwise) const {
    const auto latest = latest_.find(track);
    return tasks_.command(latest != latest_.end() ? *latest->second : otherwise);
  }

 private:
  const TaskTable& tasks_;
  std::map<uint64_t, const Task*> latest_;  // by track
};

// Tells of tasks, before any event.
class Descriptors {
 public:
  Descriptors(const TaskTable& tasks, const Tracks& tracks, std::map<EventNumber, uint64_t> times)
      : tasks_(tasks), tracks_(tracks), times_(std::move(times)) {}

  // Of the task, and before it of its process if that is new.
  std::string packets(const Task& task) {
    const uint64_t track = tracks_.process_of(task);
    std::string packets;
    if (processes_.insert(track).second) {
      packets = process(task, track);
      if (!pids_.insert(task.tgid).second) packets += process(task, spare_track());
      packets += kinship(task);
    }
    const uint64_t own_track = tracks_.of(task);
    if (!threads_.insert(own_track).second) return packets;
    packets += thread(task, own_track, track);
    if (!tids_.emplace(track, task.tid).second) packets += thread(task, spare_track(), track);
    return packets;
  }

 private:
  std::string packet(ProtobufMessage content) {
    // The first packet of a sequence begins its state.
    return as_packet(std::move(content), std::exchange(flags_, packet::needs_state));
  }

  // trace_processor parts the second use of an id from the first, but takes a third for the second unless
  // that has been described once more.
  uint64_t spare_track() { return (uint64_t(5) << 48) | ++spare_tracks_; }

  std::string process(const Task& task, uint64_t uuid) {
    ProtobufMessage described;
    described.number(process::pid, uint64_t(task.tgid.value))
        .text(process::name, utf8_text(tracks_.name(tracks_.process_of(task), task)));
    const auto began = times_.find(task.first_event);
    if (began != times_.end()) described.number(process::start_ns, began->second);
    ProtobufMessage content;
    content.message(packet::track_descriptor,
                    ProtobufMessage().number(track::uuid, uuid).message(track::process, described));
    return packet(std::move(content));
  }

  // Tracks cannot tell whose child a process is; a process without a command line would be passed over.
  std::string kinship(const Task& task) {
    const Task* const parent = tasks_.parent(task);
    if (parent == nullptr || parent->tgid == task.tgid) return {};
    const std::string name = utf8_text(tracks_.name(tracks_.process_of(task), task));
    ProtobufMessage related;
    related.number(process_tree::pid, uint64_t(task.tgid.value))
        .number(process_tree::parent_pid, uint64_t(parent->tgid.value))
        .text(process_tree::command_line, name);
    // A command line of one part would be cut at its first space, and the process be named by what is left.
    if (name.find(' ') != std::string::npos) related.text(process_tree::command_line, "");
    ProtobufMessage content;
    content.message(packet::process_tree, ProtobufMessage().message(process_tree::processes, related));
    return packet(std::move(content));
  }

  std::string thread(const Task& task, uint64_t uuid, uint64_t process) {
    ProtobufMessage described;
    described.number(thread::pid, uint64_t(task.tgid.value))
        .number(thread::tid, uint64_t(task.tid.value))
        .text(thread::name, utf8_text(tracks_.name(tracks_.of(task), task)));
    ProtobufMessage content;
    content.message(packet::track_descriptor, ProtobufMessage()
                                                  .number(track::uuid, uuid)
                                                  .number(track::parent_uuid, process)
                                                  .message(track::thread, described));
    return packet(std::move(content));
  }

  const TaskTable& tasks_;
  const Tracks& tracks_;
  const std::map<EventNumber, uint64_t> times_;
  std::set<uint64_t> processes_;
  std::set<uint64_t> threads_;
  std::set<Tid> pids_;
  std::set<std::pair<uint64_t, Tid>> tids_;  // in each process
  uint64_t spare_tracks_ = 0;
  uint64_t flags_ = packet::state_cleared | packet::needs_state;
};

// Names by numbers from 1 on; what is new since the last packet must be told in the next.
class Names {
 public:
  uint64_t number(uint32_t kind, std::string_view name) {
    const auto [entry, is_new] = known_.try_emplace({kind, std::string(name)}, 0);
    if (!is_new) return entry->second;
    entry->second = known_.size();
    untold_.message(kind, ProtobufMessage().number(interned::iid, entry->second).text(interned::name, name));
    return entry->second;
  }

  ProtobufMessage take_untold() { return std::exchange(untold_, {}); }

 private:
  std::map<std::pair<uint32_t, std::string>, uint64_t> known_;
  ProtobufMessage untold_;
};

class PerfettoEvents {
 public:
  PerfettoEvents(CallNames names, const Tracks& tracks) : names_(std::move(names)), tracks_(tracks) {}

  std::string packets(const Slice& slice) {
    const uint64_t track = tracks_.at(slice.frame.task, slice.frame.event);
    if (!is_call(slice.frame.kind)) return at(slice.began_ns, described(slice, track, track_event::instant));
    ProtobufMessage end;
    end.number(track_event::type, track_event::slice_end).number(track_event::track_uuid, track);
    return at(slice.began_ns, described(slice, track, track_event::slice_begin)) + at(slice.ended_ns, end);
  }

 private:
  std::string at(uint64_t time_ns, const ProtobufMessage& event) {
    ProtobufMessage content;
    content.number(packet::timestamp, time_ns).message(packet::track_event, event);
    const ProtobufMessage untold = interned_.take_untold();
    if (!untold.bytes().empty()) content.message(packet::interned_data, untold);
    return as_packet(std::move(content), packet::needs_state);
  }

  ProtobufMessage annotation_of(std::string_view name) {
    return ProtobufMessage().number(annotation::name_iid, interned_.number(interned::annotation_name, name));
  }
  ProtobufMessage annotated(std::string_view name, int64_t value) {
    return annotation_of(name).number(annotation::int_value, uint64_t(value));
  }
  ProtobufMessage annotated(std::string_view name, const std::string& value) {
    return annotation_of(name).text(annotation::string_value, value);
  }

  ProtobufMessage described(const Slice& slice, uint64_t track, uint64_t type) {
    const Frame& frame = slice.frame;
    const std::string name = utf8_text(slice.name(names_));
    ProtobufMessage event;
    event.message(track_event::annotation, annotated("event", int64_t(frame.event.value)));
    if (frame.result) event.message(track_event::annotation, annotated("result", *frame.result));
    if (const std::string error = slice.error(); !error.empty())
      event.message(track_event::annotation, annotated("error", error));
    event.number(track_event::type, type)
        .number(track_event::track_uuid, track)
        .number(track_event::category_iid, interned_.number(interned::category, enum_name(frame.kind)))
        .number(track_event::name_iid, interned_.number(interned::event_name, name));
    return event;
  }

  const CallNames names_;
  const Tracks& tracks_;
  Names interned_;
};

// The times of tasks' first events, where the recording has these.
Expected<std::map<EventNumber, uint64_t>> first_times(RecordingReader& recording) {
  BYGONE_ASSIGN(const auto rows, select_rows(recording.connection(),
                                             "SELECT t.first_event, f.time_ns FROM main.task AS t JOIN "
                                             "main.frame AS f ON f.event = t.first_event"));
  std::map<EventNumber, uint64_t> times;
  for (const Row& row : rows) {
    const auto* event = std::get_if<int64_t>(&row[0]);
    const auto* time_ns = std::get_if<int64_t>(&row[1]);
    if (event != nullptr && time_ns != nullptr) times.emplace(uint64_t(*event), uint64_t(*time_ns));
  }
  return times;
}

}  // namespace

Expected<void> export_perfetto(RecordingReader& recording, const TextSink& out) {
  BYGONE_ASSIGN(CallNames names, CallNames::read(recording));
  BYGONE_ASSIGN(auto rows, recording.tasks());
  BYGONE_ASSIGN(auto times, first_times(recording));
  const TaskTable tasks(std::move(rows));
  const Tracks tracks(tasks);
  Descriptors descriptors(tasks, tracks, std::move(times));
  for (const Task& task : tasks.all()) BYGONE_TRY(out(descriptors.packets(task)));
  PerfettoEvents events(std::move(names), tracks);
  return for_each_slice(recording, tasks, [&](const Slice& slice) { return out(events.packets(slice)); });
}

}  // namespace bygone::query
