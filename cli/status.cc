#include <fmt/core.h>

#include <chrono>
#include <map>
#include <memory>
#include <thread>

#include "cli/command.h"
#include "cli/output.h"
#include "query/query.h"
#include "store/service.h"

namespace bygone::cli {
namespace {

struct StatusArguments {
  RowOptions rows;
  bool watch = false;
};

constexpr auto kWatchInterval = std::chrono::seconds(1);

query::Cell rate(uint64_t now, uint64_t before, bool known) {
  if (!known) return {};
  return int64_t(now - std::min(now, before));
}

using Earlier = std::map<std::string, LiveRecording>;

// Rates are over the last interval; there are none the first time.
Expected<void> show(const ServiceStatus& status, const Earlier& earlier, const StatusArguments& options) {
  const query::ResultHeader header{
      {"name", "events", "events_per_s", "bytes", "bytes_per_s", "compression_percent", "ring_fill_percent",
       "ring_waits", "ring_wait_ms", "rings", "service_pid", "service_memory_bytes"},
      {}};
  std::vector<query::Row> rows;
  for (const LiveRecording& live : status.recordings) {
    const auto before = earlier.find(live.name);
    const bool known = before != earlier.end();
    rows.push_back({live.name, int64_t(live.events),
                    rate(live.events, known ? before->second.events : 0, known), int64_t(live.payload_bytes),
                    rate(live.payload_bytes, known ? before->second.payload_bytes : 0, known),
                    live.payload_bytes == 0
                        ? query::Cell{}
                        : query::Cell{int64_t(live.stored_bytes * 100 / live.payload_bytes)},
                    int64_t(live.ring_fill_bytes * 100 / std::max<uint64_t>(live.ring_bytes, 1)),
                    int64_t(live.full_waits), int64_t(live.full_wait_ns / 1'000'000), int64_t(live.rings),
                    status.pid, int64_t(status.memory_bytes)});
  }
  StandardOutput output;
  BYGONE_TRY(query::show_rows(header, rows, {presentation_of(options.rows), {}},
                              [&](std::string_view text) { return output.write(text); }));
  return output.flush();
}

Expected<int> status(const Invocation& invocation, const StatusArguments& options) {
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  StatusArguments shown = options;
  // An array that never ends helps nobody: while it is watched, JSON is one object a line.
  if (shown.watch && shown.rows.format == "json") shown.rows.format = "jsonl";
  Earlier earlier;
  do {
    auto now = service_status(store.directory());
    if (!now && now.error().kind != ErrorKind::not_found) return tl::unexpected(now.error());
    const ServiceStatus status = now ? std::move(*now) : ServiceStatus{};
    BYGONE_TRY(show(status, earlier, shown));
    earlier.clear();
    for (const LiveRecording& live : status.recordings) earlier[live.name] = live;
    if (options.watch) std::this_thread::sleep_for(kWatchInterval);
  } while (options.watch);
  return 0;
}

}  // namespace

void add_status_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<StatusArguments>();
  CLI::App* command = add_command(root, invocation, "status", "show what is being recorded just now",
                                  "  bygone status\n"
                                  "  bygone status --watch\n"
                                  "ring_waits counts how often a recorder had to wait for the disk.");
  add_row_options(*command, options->rows);
  command->add_flag("-w,--watch", options->watch,
                    "show it again every second, with rates; json as one object a line");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return status(invocation, *options); };
  });
}

}  // namespace bygone::cli
