// Bytes as a message between recorder and service. What decodes must encode to the same message.

#include <cstdint>
#include <cstdlib>

#include "store/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace bygone;
  const auto message = decode_message(std::as_bytes(std::span(data, size)));
  if (!message) return 0;
  static_cast<void>(error_in(*message));
  const auto again = decode_message(encode_message(*message));
  if (!again || again->type != message->type || again->texts != message->texts ||
      again->numbers != message->numbers)
    std::abort();
  return 0;
}
