#pragma once

#include <cstdint>

#include "schema/error.h"
#include "store/recording_reader.h"

namespace bygone {

// Whether the stored files are read and hashed too.
enum class VerifyContent { no, yes };

struct VerifyReport {
  uint64_t events = 0;
  uint64_t rows = 0;           // besides frames
  uint64_t payload_bytes = 0;  // uncompressed
  uint64_t contents = 0;
  uint64_t content_bytes = 0;
};

// Reads everything: every page and every row decodes, every payload decompresses to the size its row says,
// events are without holes, the intervals of mappings, tasks and address spaces are sound and no two mappings
// of one address space overlap at any event, checkpoints agree with the rows, and every stored file has its
// SHA-256. Fails at the first thing that does not hold and names it.
Expected<VerifyReport> verify_recording(RecordingReader& reader, VerifyContent content);

}  // namespace bygone
