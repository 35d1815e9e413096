#pragma once

// What other parts of this room may do with an open recording.

#include <SQLiteCpp/Database.h>

#include "store/blob_position.h"
#include "store/recording_reader.h"

namespace bygone {

SQLite::Database& recording_database(RecordingReader& reader);

// The bytes of a payload, wherever they are.
Expected<std::vector<std::byte>> payload_bytes(RecordingReader& reader, const BlobPosition& position);

// A chunk the recording shares with others, checked against its SHA-256.
Expected<std::vector<std::byte>> shared_chunk_bytes(RecordingReader& reader,
                                                    std::span<const std::byte> sha256);

// Compares a stored file's bytes with their SHA-256.
Expected<void> verify_content(RecordingReader& reader, ContentId id);

}  // namespace bygone
