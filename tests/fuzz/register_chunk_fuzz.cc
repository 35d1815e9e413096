#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "schema/register_codec.h"
#include "store/mapping_checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace bygone;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto entries = decode_registers(bytes, 4096);
  if (entries) {
    const auto again = decode_registers(encode_registers(*entries), 4096);
    if (!again || again->size() != entries->size()) std::abort();
    for (size_t i = 0; i < entries->size(); ++i)
      if ((*again)[i].registers != (*entries)[i].registers || (*again)[i].task != (*entries)[i].task)
        std::abort();
  }
  const auto ids = decode_ids(bytes);
  if (ids && !std::is_sorted(ids->begin(), ids->end())) std::abort();
  return 0;
}
