#pragma once

#include <functional>
#include <string_view>

#include "query/row_writer.h"
#include "schema/machine.h"
#include "store/recording_reader.h"

namespace bygone::query {

struct StraceOptions {
  // Replays along, to show what programs gave to calls; without it that is an address, but for paths of files
  // and what was written to standard output.
  Machine* machine = nullptr;
  // Told once, with the error of a replay that goes no further; the rest is shown as without a machine.
  std::function<void(const Error&)> on_unreadable = [](const Error&) {};
};

// All frames as text that reads as strace -f -ttt's; times count from the start of the recording, and are
// those of calls' returns but where others ran meanwhile.
Expected<void> export_strace(RecordingReader& recording, const StraceOptions& options, const TextSink& out);

// The Trace Event Format that chrome://tracing and Perfetto's UI open; slices are those of query/timeline.h.
Expected<void> export_chrome_json(RecordingReader& recording, const TextSink& out);

// Perfetto's own protobuf trace, for ui.perfetto.dev and trace_processor: a track per thread, a slice per
// call.
Expected<void> export_perfetto(RecordingReader& recording, const TextSink& out);

}  // namespace bygone::query
