#pragma once

#include <cstdint>

#include "schema/codec.h"

namespace bygone {

// Which part of which file the payload of a file_piece record is.
struct FilePiece {
  int64_t content = 0;      // ContentId of the recording
  uint64_t size_bytes = 0;  // of the whole file
  uint64_t offset_bytes = 0;

  void encode(std::vector<std::byte>& out) const {
    WireWriter writer(out);
    writer.put_signed(content);
    writer.put_unsigned(size_bytes);
    writer.put_unsigned(offset_bytes);
  }
  static Expected<FilePiece> decode(std::span<const std::byte> bytes) {
    FilePiece piece;
    WireReader in(bytes);
    if (!in.get_signed(piece.content) || !in.get_unsigned(piece.size_bytes) ||
        !in.get_unsigned(piece.offset_bytes) || !in.at_end() || piece.size_bytes > uint64_t(INT64_MAX) ||
        piece.offset_bytes > piece.size_bytes)
      return fail(ErrorKind::bad_data, "file piece", "is cut short or out of range");
    return piece;
  }
};

}  // namespace bygone
