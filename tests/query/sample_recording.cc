#include "sample_recording.h"

#include <sys/mman.h>

#include <stdexcept>
#include <string>

#include "schema/codec.h"
#include "schema/registers.h"
#include "store/store.h"
#include "tests/support/need.h"

namespace bygone::test {
namespace {

constexpr uint32_t kPrivate = MAP_PRIVATE;
constexpr uint32_t kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;

void check(const Expected<void>& result) {
  if (!result) throw std::runtime_error(result.error().message());
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

struct Script {
  RecordSink& sink;
  uint64_t event = 1;
  uint64_t mappings = 0;

  template <class R>
  void row(const R& value, std::string_view payload = {}) {
    check(append_row(sink, value, bytes_of(payload)));
  }

  // Ends the event; it takes one millisecond.
  void frame(int32_t task, FrameKind kind, std::optional<int32_t> call, std::optional<int64_t> result) {
    Registers registers;
    for (size_t i = 0; i < kRegisterCount; ++i) registers.values[i] = event * 0x100 + i;
    const auto payload =
        kind == FrameKind::exit ? std::span<const std::byte>{} : std::as_bytes(std::span(registers.values));
    check(append_row(sink, Frame{EventNumber{event}, Tid{task}, kind, call, result, event * 1'000'000},
                     payload));
    ++event;
  }
  void call(int32_t task, int32_t number, std::optional<int64_t> result) {
    frame(task, FrameKind::syscall, number, result);
  }

  uint64_t map(uint64_t space, uint64_t start, uint64_t end, std::string_view prot, uint32_t flags,
               MappingKind kind, std::string path = {}, uint64_t offset = 0, uint64_t inode = 0,
               bool kept = false) {
    Mapping mapping;
    mapping.id = MappingId{++mappings};
    mapping.address_space = AddressSpaceId{space};
    mapping.first_event = EventNumber{event};
    mapping.recorded.range = {Address{start}, Address{end}};
    mapping.recorded.prot = *Protection::parse(prot);
    mapping.recorded.flags = flags;
    mapping.recorded.offset_bytes = offset;
    mapping.recorded.inode = inode;
    if (inode != 0) mapping.recorded.device = {0xfd, 1};
    mapping.recorded.path = std::move(path);
    mapping.kind = kind;
    mapping.data.kept = kept;
    row(mapping);
    return mapping.id.value;
  }
  void unmap(uint64_t id) { row(MappingEnd{MappingId{id}, EventNumber{event}}); }

  void play();
  void parent_starts();
  void parent_maps_a_library();
  void parent_forks();
  void child_runs();
  void parent_ends();

  uint64_t library[3] = {};
  uint64_t copy[3] = {};
};

void Script::parent_starts() {
  // Event 1: task 100 execs /bin/demo.
  row(CallName{257, "openat"});
  row(Task{TaskId{1}, Tid{100}, Tid{100}, Tid{0}, EventNumber{1}, kNoEvent, "demo", {}});
  row(AddressSpaceRow{AddressSpaceId{1}, AddressSpaceId{0}, EventNumber{1}, kNoEvent, 8 << 20});
  row(TaskAddressSpace{TaskId{1}, AddressSpaceId{1}, EventNumber{1}, kNoEvent});
  row(Content{
      ContentId{1}, std::string(64, 'a'), 8192, {0xfd, 1}, 11, 1'500'000'000'000'000'000, 0, "/bin/demo"});
  map(1, 0x400000, 0x402000, "r-xp", kPrivate, MappingKind::executable, "/bin/demo", 0, 11);
  map(1, 0x600000, 0x601000, "rw-p", kAnonymous, MappingKind::heap, "[heap]");
  map(1, 0x7ffffffde000, 0x7ffffffff000, "rw-p", kAnonymous | MAP_GROWSDOWN, MappingKind::stack, "[stack]");
  map(1, 0xffffffffff600000, 0xffffffffff601000, "--xp", kAnonymous, MappingKind::vsyscall, "[vsyscall]");
  row(PathArgument{EventNumber{1}, 0, {}, "/bin/demo"});
  frame(100, FrameKind::exec, 59, 0);
  // 2: the heap grows; the kernel shows one area, the recording has two rows.
  map(1, 0x601000, 0x602000, "rw-p", kAnonymous, MappingKind::heap, "[heap]");
  call(100, 12, 0x602000);
  // 3, 4: an openat that fails, O_WRONLY|O_CREAT|O_TRUNC, and one that works, O_CLOEXEC.
  row(PathArgument{EventNumber{3}, 1, 0x241, "/no/such/out.log"});
  call(100, 257, -2);
  row(PathArgument{EventNumber{4}, 1, 0x80000, "/lib/libx.so.1"});
  call(100, 257, 3);
}

void Script::parent_maps_a_library() {
  // 5: four pages of a library, 6: the second and third become executable.
  const uint64_t whole =
      map(1, 0x7f0000000000, 0x7f0000004000, "r--p", kPrivate, MappingKind::file, "/lib/libx.so.1", 0, 22);
  call(100, 9, 0x7f0000000000);
  unmap(whole);
  library[0] = map(1, 0x7f0000000000, 0x7f0000001000, "r--p", kPrivate, MappingKind::file, "/lib/libx.so.1",
                   0, 22, true);
  library[1] = map(1, 0x7f0000001000, 0x7f0000003000, "r-xp", kPrivate, MappingKind::file, "/lib/libx.so.1",
                   0x1000, 22, true);
  library[2] = map(1, 0x7f0000003000, 0x7f0000004000, "r--p", kPrivate, MappingKind::file, "/lib/libx.so.1",
                   0x3000, 22, true);
  call(100, 10, 0);
}

void Script::parent_forks() {
  // 7: task 101, in a copy of the address space.
  row(Task{TaskId{2}, Tid{101}, Tid{101}, Tid{100}, EventNumber{7}, kNoEvent, "demo", {}});
  row(AddressSpaceRow{AddressSpaceId{2}, AddressSpaceId{1}, EventNumber{7}, kNoEvent, 8 << 20});
  row(TaskAddressSpace{TaskId{2}, AddressSpaceId{2}, EventNumber{7}, kNoEvent});
  copy[0] = map(2, 0x400000, 0x402000, "r-xp", kPrivate, MappingKind::executable, "/bin/demo", 0, 11, true);
  copy[1] = map(2, 0x600000, 0x602000, "rw-p", kAnonymous, MappingKind::heap, "[heap]", 0, 0, true);
  frame(100, FrameKind::clone, 57, 101);
  frame(101, FrameKind::start, {}, {});
}

void Script::child_runs() {
  // 9: the child writes to standard output.
  row(Output{EventNumber{9}, 0, 1, 6}, "hello\n");
  call(101, 1, 6);
  // 10: it execs a program with an awkward name.
  row(TaskCommand{TaskId{2}, "other, \"it\""});
  row(TaskAddressSpaceEnd{TaskId{2}, AddressSpaceId{2}, EventNumber{10}});
  row(AddressSpaceEnd{AddressSpaceId{2}, EventNumber{10}});
  for (const uint64_t id : {copy[0], copy[1]}) unmap(id);
  row(AddressSpaceRow{AddressSpaceId{3}, AddressSpaceId{0}, EventNumber{10}, kNoEvent, 8 << 20});
  row(TaskAddressSpace{TaskId{2}, AddressSpaceId{3}, EventNumber{10}, kNoEvent});
  map(3, 0x10000, 0x11000, "r-xp", kPrivate, MappingKind::executable, "/bin/other, \"it\"", 0, 33);
  row(PathArgument{EventNumber{10}, 0, {}, "/bin/other, \"it\""});
  frame(101, FrameKind::exec, 59, 0);
  // 11: bytes that would drive a terminal, on standard error. 12, 13: exit_group(3).
  row(Output{EventNumber{11}, 0, 2, 5}, "\x1b[1m\xff");
  call(101, 1, 5);
  call(101, 231, {});
  row(TaskEnd{TaskId{2}, EventNumber{13}, 3 << 8});
  row(TaskAddressSpaceEnd{TaskId{2}, AddressSpaceId{3}, EventNumber{13}});
  frame(101, FrameKind::exit, {}, 3 << 8);
}

void Script::parent_ends() {
  // 14, 15: SIGCHLD finds a handler. 16: wait4.
  row(Signal{EventNumber{14}, Tid{100}, 17, 1, SignalPosition::call_exit, SignalAction::handled});
  frame(100, FrameKind::signal, 17, {});
  frame(100, FrameKind::handler, 17, {});
  call(100, 61, 101);
  // 17: the library goes.
  for (const uint64_t id : library) unmap(id);
  call(100, 11, 0);
  // 18: rdtsc. 19, 20: a read that loses its turn and is to be restarted. 21: a call nobody knows.
  frame(100, FrameKind::instruction, {}, 123456);
  frame(100, FrameKind::enter, 0, {});
  call(100, 0, -512);
  row(UncapturedCall{16, "0x5413", 2, EventNumber{21}});
  call(100, 999, -38);
  // 22, 23: SIGSEGV ends it.
  row(Signal{EventNumber{22}, Tid{100}, 11, 1, SignalPosition::fault, SignalAction::terminated});
  frame(100, FrameKind::signal, 11, {});
  row(TaskEnd{TaskId{1}, EventNumber{23}, 11 | 0x80});
  row(TaskAddressSpaceEnd{TaskId{1}, AddressSpaceId{1}, EventNumber{23}});
  frame(100, FrameKind::exit, {}, 11 | 0x80);
}

void Script::play() {
  parent_starts();
  parent_maps_a_library();
  parent_forks();
  child_runs();
  parent_ends();
  check(sink.commit());
}

}  // namespace

SampleRecording::SampleRecording() {
  Store store = need(Store::open(directory_.path()));
  auto recording = need(store.create("sample", "demo",
                                     {{"command", "[\"demo\",\"two words\",\"it's\"]"},
                                      {"machine", "testbed"},
                                      {"kernel", "6.1.0"},
                                      {"paths", "recorded"},
                                      {"started_ns", "1600000000000000000"}}));
  Script{*recording.sink}.play();
  recording.sink.reset();
  reader_ = need(store.read("sample"));
}

EmptyRecording::EmptyRecording() {
  Store store = need(Store::open(directory_.path()));
  auto recording = need(store.create("empty", "demo", {{"command", "[\"demo\"]"}}));
  recording.sink.reset();
  reader_ = need(store.read("empty"));
}

}  // namespace bygone::test
