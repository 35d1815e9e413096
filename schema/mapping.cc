#include "schema/mapping.h"

namespace bygone {

bool mergeable(const Mapping& lower, const Mapping& upper) {
  if (!upper.recorded.continues(lower.recorded)) return false;
  if (lower.kind != upper.kind || lower.stack_top != upper.stack_top) return false;
  if (lower.data.source != upper.data.source) return false;
  switch (upper.data.source) {
    case DataSource::zero:
      return true;
    case DataSource::content:
      return lower.data.content == upper.data.content &&
             lower.data.offset_bytes + lower.range().size_bytes() == upper.data.offset_bytes;
    case DataSource::bytes:
      return false;
  }
  return false;
}

}  // namespace bygone
