// How long questions to a large recording take, beside reading all of it one frame after the other, as a dump
// does. Prints a table of docs/performance.md.
//   query_cost [EVENTS] [MAPPINGS] [BYGONE]    2,000,000 and 1,000,000 unless told; with BYGONE, the program,
//   whole
//                                              commands are timed too
// The recording is made through the store, as a recorder makes one.

#include <fmt/core.h>
#include <sys/mman.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bench/measuring.h"
#include "query/query.h"
#include "schema/codec.h"
#include "store/store.h"

namespace bygone {
namespace {

constexpr uint64_t kTasks = 20;
constexpr uint64_t kAreaBytes = 4096;
constexpr uint64_t kFirstArea = 0x7f0000000000;
// So many mappings hold at any time; a new one ends the oldest.
constexpr uint64_t kHeld = 150;
constexpr int kRounds = 5;

class LargeRecording {
 public:
  LargeRecording(RecordSink& sink, uint64_t events, uint64_t mappings)
      : sink_(sink), events_(events), mappings_(mappings) {}

  void write() {
    for (uint64_t task = 0; task < kTasks; ++task) {
      need(append_row(sink_, Task{TaskId{task + 1},
                                  tid(task),
                                  tid(task),
                                  task == 0 ? Tid{0} : tid(0),
                                  EventNumber{1},
                                  kNoEvent,
                                  "program",
                                  {}}));
      need(
          append_row(sink_, TaskAddressSpace{TaskId{task + 1}, AddressSpaceId{1}, EventNumber{1}, kNoEvent}));
    }
    need(append_row(sink_, AddressSpaceRow{AddressSpaceId{1}, {}, EventNumber{1}, kNoEvent, 8 << 20}));
    for (const auto& [number, name] : {std::pair{0, "read"}, {1, "write"}, {9, "mmap"}, {87, "unlink"}})
      need(append_row(sink_, CallName{number, name}));
    for (uint64_t event = 1; event <= events_; ++event) add(event);
    need(sink_.commit());
  }

 private:
  static Tid tid(uint64_t task) { return Tid{int32_t(1000 + task)}; }

  // Tasks take turns of some thousands of events; one unlink in a hundred thousand calls.
  void add(uint64_t event) {
    for (const uint64_t due = event * mappings_ / events_; made_ < due;) map(event);
    Frame frame;
    frame.event = EventNumber{event};
    frame.task = tid(event / 5000 % kTasks);
    frame.call = event % 100'000 == 77'777 ? 87 : event % 3 == 0 ? 9 : event % 3 == 1 ? 0 : 1;
    frame.result = event % 50 == 0 ? -2 : int64_t(event % 11);
    frame.time_ns = event * 1000;
    if (frame.call == 87)
      need(append_row(sink_, PathArgument{frame.event, 0, {}, fmt::format("/tmp/file{}", event)}));
    registers_[Register::rip] = kFirstArea + event % 4096;
    registers_[Register::r8] = ~uint64_t(0);  // of mmap: no descriptor
    registers_[Register::rax] = uint64_t(*frame.result);
    need(append_row(sink_, frame, std::as_bytes(std::span(registers_.values))));
  }

  void map(uint64_t event) {
    if (made_ >= kHeld) need(append_row(sink_, MappingEnd{MappingId{made_ - kHeld + 1}, EventNumber{event}}));
    Mapping mapping;
    mapping.id = MappingId{++made_};
    mapping.address_space = AddressSpaceId{1};
    mapping.first_event = EventNumber{event};
    const uint64_t start = kFirstArea + made_ % (2 * kHeld) * 2 * kAreaBytes;
    mapping.recorded.range = {Address{start}, Address{start + kAreaBytes}};
    mapping.recorded.prot = *Protection::parse("rw-p");
    mapping.recorded.flags = MAP_PRIVATE | MAP_ANONYMOUS;
    mapping.kind = MappingKind::anonymous;
    need(append_row(sink_, mapping));
  }

  RecordSink& sink_;
  uint64_t events_;
  uint64_t mappings_;
  uint64_t made_ = 0;
  Registers registers_;
};

double milliseconds(const std::function<void()>& work) {
  const double began = seconds_of(CLOCK_MONOTONIC);
  work();
  return (seconds_of(CLOCK_MONOTONIC) - began) * 1e3;
}

std::string plan_of(RecordingReader& reader, const std::string& phrase) {
  std::string text;
  need(query::explain(reader, phrase, [&](std::string_view part) {
    text += part;
    return Expected<void>{};
  }));
  const size_t why = text.find("-- reads ");
  return why == std::string::npos ? "" : text.substr(why + 3, text.find_first_of(":\n", why) - why - 3);
}

void ask_all(RecordingReader& reader, const std::filesystem::path& store, uint64_t events,
             const char* program) {
  const std::string middle = std::to_string(events / 2);
  const std::vector<std::string> phrases = {
      "mappings at event " + middle,
      "mapping of 7f0000002000 at event " + middle,
      "mappings between " + std::to_string(events / 2 - 1000) + " and " + middle,
      "history of 7f0000002000",
      "frames " + middle + ".." + std::to_string(events / 2 + 100),
      "frames where call = unlink",
      "frames where failed and call = unlink",
      "last event where call = unlink",
      "first event of 1019",
      "last event where failed",
      "registers of 1003 at event " + middle,
      "who deleted /tmp/file77777",
      "descriptors of 1003 at event " + middle,
      "tasks",
      "tree at event " + middle,
      "output",
      "signals",
      "execs",
      "calls by count",
      "calls by time",
      "who mapped libc.so.6",
      "frames where result > 100",
  };
  const auto nowhere = [](std::string_view) { return Expected<void>{}; };
  auto session = need(query::Session::open(reader));
  fmt::print("| question | warm ms | whole command ms | |\n|---|---|---|---|\n");
  Samples samples;
  const query::AnswerOptions options{{query::Format::csv, 0}, {}};
  for (int round = 0; round < kRounds; ++round)
    for (const std::string& phrase : phrases) {
      samples.add(phrase, milliseconds([&] { need(query::answer(*session, phrase, options, nowhere)); }));
      if (program == nullptr) continue;
      const std::string command = fmt::format("'{}' --store '{}' query large '{}' --format csv >/dev/null",
                                              program, store.string(), phrase);
      samples.add("whole " + phrase, milliseconds([&] {
                    if (std::system(command.c_str()) != 0) die("failed: " + command);
                  }));
    }
  for (const std::string& phrase : phrases)
    fmt::print("| `{}` | {:.2f} | {} | {} |\n", phrase, samples.median(phrase),
               program == nullptr ? "" : fmt::format("{:.0f}", samples.median("whole " + phrase)),
               plan_of(reader, phrase));
  const double dump = milliseconds([&] {
    uint64_t found = 0;
    need(reader.for_each_full_frame(EventNumber{1}, reader.last_event(),
                                    [&](FullFrame& full) -> Expected<bool> {
                                      if (full.frame.call == 87) ++found;
                                      return true;
                                    }));
  });
  fmt::print("| reading and decoding all of it, to filter | {:.0f} | | |\n", dump);
}

}  // namespace
}  // namespace bygone

int main(int argc, char** argv) {
  using namespace bygone;
  const uint64_t events = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2'000'000;
  const uint64_t mappings = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  const Folder folder;
  Store store = need(Store::open(folder.path()));
  {
    auto recording = need(store.create("large", "large", {{"paths", "recorded"}}));
    LargeRecording(*recording.sink, events, mappings).write();
    need(recording.sink->close());
  }
  const auto reader = need(store.read("large"));
  ask_all(*reader, folder.path(), events, argc > 3 ? argv[3] : nullptr);
}
