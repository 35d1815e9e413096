#include "long_recording.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "schema/codec.h"
#include "store/store.h"
#include "tests/support/need.h"

namespace bygone::test {
namespace {

void write_page(RecordSink& sink, uint64_t id, uint64_t event) {
  if (id > 1) need(append_row(sink, MappingEnd{MappingId{id - 1}, EventNumber{event}}));
  Mapping mapping;
  mapping.id = MappingId{id};
  mapping.address_space = AddressSpaceId{1};
  mapping.first_event = EventNumber{event};
  mapping.recorded.range = {Address{0x10000 * id}, Address{0x10000 * id + 0x1000}};
  mapping.recorded.prot = *Protection::parse("rw-p");
  mapping.recorded.flags = MAP_PRIVATE | MAP_ANONYMOUS;
  need(append_row(sink, mapping));
}

void write_events(RecordSink& sink) {
  constexpr int kRare = LongRecording::kRare;
  Registers registers;
  for (int event = 1; event <= LongRecording::kEvents; ++event) {
    if (event % 10 == 0) write_page(sink, uint64_t(event) / 10, uint64_t(event));
    if (event == kRare) need(append_row(sink, PathArgument{EventNumber{kRare}, 0, {}, "/tmp/old"}));
    registers[Register::rip] = uint64_t(event);
    Frame frame;
    frame.event = EventNumber{uint64_t(event)};
    frame.task = Tid{event / 10 == kRare / 10 ? 102 : 101};
    frame.call = event == kRare ? 87 : event % 2;
    frame.result = event == kRare ? -2 : 0;
    frame.time_ns = uint64_t(event);
    need(append_row(sink, frame, std::as_bytes(std::span(registers.values))));
  }
}

}  // namespace

LongRecording::LongRecording() {
  Store store = need(Store::open(directory_.path()));
  auto made = need(store.create("long", "long", {{"paths", "recorded"}}));
  RecordSink& sink = *made.sink;
  for (const auto& [number, name] : {std::pair{0, "read"}, {1, "write"}, {87, "unlink"}})
    need(append_row(sink, CallName{number, name}));
  need(append_row(sink, AddressSpaceRow{AddressSpaceId{1}, {}, EventNumber{1}, kNoEvent, 8 << 20}));
  for (int32_t id : {1, 2}) {
    const TaskId task{uint64_t(id)};
    const Tid tid{100 + id};
    need(append_row(sink, Task{task, tid, tid, Tid{0}, EventNumber{1}, kNoEvent, "x", {}}));
    need(append_row(sink, TaskAddressSpace{task, AddressSpaceId{1}, EventNumber{1}, kNoEvent}));
  }
  write_events(sink);
  need(sink.close());
  reader_ = need(store.read("long"));
}

}  // namespace bygone::test
