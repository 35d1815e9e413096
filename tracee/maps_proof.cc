#include "tracee/maps_proof.h"

#include "tracee/proc_maps.h"

namespace bygone {

Expected<void> MapsProof::compare(pid_t tid, const AddressSpace& space, Half half) {
  BYGONE_ASSIGN(std::string text, read_maps_text(tid));
  if (space.version() == agreed_version_ && text == agreed_) return {};
  BYGONE_ASSIGN(const auto kernel, parse_maps(text));
  BYGONE_TRY(space.validate(kernel, half));
  agreed_ = std::move(text);
  agreed_version_ = space.version();
  return {};
}

}  // namespace bygone
