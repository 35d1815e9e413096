#pragma once

#include <string_view>

#include "query/row_writer.h"
#include "store/recording_reader.h"

namespace bygone::query {

// All frames as text that reads as strace -f -ttt's (times count from the start of the recording). Memory
// that a call filled is shown, memory it only read is an address: recordings do not hold it.
Expected<void> export_strace(RecordingReader& recording, const TextSink& out);

// The Trace Event Format that chrome://tracing and Perfetto's UI open. A call lasts from its task's previous
// event to its return.
Expected<void> export_chrome_json(RecordingReader& recording, const TextSink& out);

// Perfetto's own protobuf trace, for ui.perfetto.dev and trace_processor: a track per thread, a slice per
// call.
Expected<void> export_perfetto(RecordingReader& recording, const TextSink& out);

}  // namespace bygone::query
