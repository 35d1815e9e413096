// A phrase, whatever its bytes, parses or is refused with an error of the user's.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "query/phrase.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto phrase = bygone::query::parse_phrase(text);
  if (!phrase && phrase.error().kind != bygone::ErrorKind::usage) std::abort();
  return 0;
}
