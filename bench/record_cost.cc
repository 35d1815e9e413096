// Records a program into a sink that counts and forgets, and prints as one JSON object on standard error what
// that took: the recorder's share of the cost, without a store.

#include <fmt/core.h>
#include <sys/wait.h>

#include <chrono>

#include "recorder/recorder.h"

namespace {

class CountingSink : public bygone::RecordSink {
 public:
  bygone::Expected<void> append(bygone::RecordType, std::span<const std::byte> row,
                                std::span<const std::byte> payload) override {
    ++rows;
    bytes += row.size() + payload.size();
    return {};
  }
  bygone::Expected<bygone::ContentId> add_file(int, const bygone::FileIdentity&, std::string_view) override {
    return bygone::ContentId{++files};
  }
  bygone::Expected<void> commit() override { return {}; }

  uint64_t rows = 0;
  uint64_t bytes = 0;
  uint64_t files = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: record_cost PROGRAM ARGS...\n");
    return 64;
  }
  bygone::RecordOptions options;
  options.argv.assign(argv + 1, argv + argc);
  CountingSink sink;
  const auto begin = std::chrono::steady_clock::now();
  const auto outcome = bygone::record_program(options, bygone::Inheritance(), sink);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (!outcome) {
    fmt::print(stderr, "record_cost: {}\n", outcome.error().message());
    return 1;
  }
  fmt::print(stderr,
             "{{\"seconds\": {:.4f}, \"ptrace_stops\": {}, \"events\": {}, \"rows\": {}, \"bytes\": {}, "
             "\"uncaptured_calls\": {}}}\n",
             took.count(), outcome->ptrace_stops, outcome->events, sink.rows, sink.bytes,
             outcome->uncaptured_calls);
  return WIFEXITED(outcome->wait_status) ? WEXITSTATUS(outcome->wait_status) : 128;
}
