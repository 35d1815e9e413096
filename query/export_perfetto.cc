#include <algorithm>
#include <map>

#include "query/call_names.h"
#include "query/export.h"
#include "query/names.h"
#include "query/protobuf.h"
#include "query/text.h"
#include "schema/enum_names.h"

namespace bygone::query {
namespace {

// Field numbers of Perfetto's protos (trace_packet.proto, track_event.proto, track_descriptor.proto, ...).
namespace trace {
constexpr uint32_t packet = 1;
}
namespace packet {
constexpr uint32_t timestamp = 8, sequence_id = 10, track_event = 11, track_descriptor = 60;
}
namespace track {
constexpr uint32_t uuid = 1, process = 3, thread = 4, parent_uuid = 5;
}
namespace process {
constexpr uint32_t pid = 1, name = 6;
}
namespace thread {
constexpr uint32_t pid = 1, tid = 2, name = 5;
}
namespace track_event {
constexpr uint32_t annotation = 4, type = 9, track_uuid = 11, category = 22, name = 23;
constexpr uint64_t slice_begin = 1, slice_end = 2, instant = 3;
}  // namespace track_event
namespace annotation {
constexpr uint32_t int_value = 4, name = 10;
}

// All packets form one sequence: they are in order.
constexpr uint64_t kSequence = 1;

uint64_t process_track(Tid process) {
  return (uint64_t(1) << 32) | uint32_t(process.value);
}
uint64_t thread_track(Tid task) {
  return (uint64_t(2) << 32) | uint32_t(task.value);
}

std::string as_packet(ProtobufMessage content) {
  content.number(packet::sequence_id, kSequence);
  return ProtobufMessage().message(trace::packet, content).bytes();
}

std::string process_packet(const Task& task) {
  ProtobufMessage described;
  described.number(process::pid, uint64_t(task.tgid.value)).text(process::name, task.command);
  ProtobufMessage content;
  content.message(
      packet::track_descriptor,
      ProtobufMessage().number(track::uuid, process_track(task.tgid)).message(track::process, described));
  return as_packet(std::move(content));
}

std::string thread_packet(const Task& task) {
  ProtobufMessage described;
  described.number(thread::pid, uint64_t(task.tgid.value))
      .number(thread::tid, uint64_t(task.tid.value))
      .text(thread::name, task.command);
  ProtobufMessage content;
  content.message(packet::track_descriptor, ProtobufMessage()
                                                .number(track::uuid, thread_track(task.tid))
                                                .number(track::parent_uuid, process_track(task.tgid))
                                                .message(track::thread, described));
  return as_packet(std::move(content));
}

ProtobufMessage annotated(std::string_view name, int64_t value) {
  ProtobufMessage message;
  message.text(annotation::name, name).number(annotation::int_value, uint64_t(value));
  return message;
}

class PerfettoEvents {
 public:
  explicit PerfettoEvents(CallNames names) : names_(std::move(names)) {}

  // A call lasts from its task's previous event to its return.
  std::string packets(const Frame& frame) {
    const auto [previous, first] = last_ns_.try_emplace(frame.task, frame.time_ns);
    const uint64_t began_ns = std::min(previous->second, frame.time_ns);
    previous->second = frame.time_ns;
    if (!is_call(frame.kind)) return at(frame.time_ns, described(frame, track_event::instant));
    ProtobufMessage end;
    end.number(track_event::type, track_event::slice_end)
        .number(track_event::track_uuid, thread_track(frame.task));
    return at(began_ns, described(frame, track_event::slice_begin)) + at(frame.time_ns, end);
  }

 private:
  static bool is_call(FrameKind kind) {
    return kind == FrameKind::syscall || kind == FrameKind::enter || kind == FrameKind::exec ||
           kind == FrameKind::clone;
  }

  static std::string at(uint64_t time_ns, const ProtobufMessage& event) {
    ProtobufMessage content;
    content.number(packet::timestamp, time_ns).message(packet::track_event, event);
    return as_packet(std::move(content));
  }

  std::string name(const Frame& frame) const {
    if (is_call(frame.kind) && frame.call) return names_.name(*frame.call);
    const bool signal = frame.kind == FrameKind::signal || frame.kind == FrameKind::handler;
    return signal && frame.call ? signal_text(*frame.call) : std::string(enum_name(frame.kind));
  }

  ProtobufMessage described(const Frame& frame, uint64_t type) const {
    ProtobufMessage event;
    event.message(track_event::annotation, annotated("event", int64_t(frame.event.value)));
    if (frame.result) event.message(track_event::annotation, annotated("result", *frame.result));
    event.number(track_event::type, type)
        .number(track_event::track_uuid, thread_track(frame.task))
        .text(track_event::category, enum_name(frame.kind))
        .text(track_event::name, name(frame));
    return event;
  }

  const CallNames names_;
  std::map<Tid, uint64_t> last_ns_;
};

}  // namespace

Expected<void> export_perfetto(RecordingReader& recording, const TextSink& out) {
  BYGONE_ASSIGN(CallNames names, CallNames::read(recording));
  BYGONE_ASSIGN(const auto tasks, recording.tasks());
  for (const Task& task : tasks) {
    if (task.tid == task.tgid) BYGONE_TRY(out(process_packet(task)));
    BYGONE_TRY(out(thread_packet(task)));
  }
  if (recording.last_event().value == 0) return {};
  PerfettoEvents events(std::move(names));
  return recording.for_each_full_frame(recording.first_event(), recording.last_event(),
                                       [&](FullFrame& full) -> Expected<bool> {
                                         BYGONE_TRY(out(events.packets(full.frame)));
                                         return true;
                                       });
}

}  // namespace bygone::query
