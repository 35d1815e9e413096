// First byte: the record type; the rest: the row. What decodes must encode to something that decodes to the
// same.

#include <cstdint>
#include <cstdlib>

#include "store/row_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace bygone;
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  const auto row = decode_any_row(RecordType{data[0]}, bytes);
  if (!row) return 0;
  static_cast<void>(event_of(*row));
  std::vector<std::byte> encoded;
  std::visit([&](const auto& known) { encode_row(known, encoded); }, *row);
  const auto again = decode_any_row(RecordType{data[0]}, encoded);
  if (!again) std::abort();
  std::vector<std::byte> twice;
  std::visit([&](const auto& known) { encode_row(known, twice); }, *again);
  if (twice != encoded) std::abort();
  return 0;
}
