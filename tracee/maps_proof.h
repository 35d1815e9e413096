#pragma once

#include <sys/types.h>

#include <string>

#include "schema/error.h"
#include "tracee/address_space.h"

namespace bygone {

// Compares an address space with what the kernel says of it, again and again: the kernel is asked every time,
// and where neither its answer nor the mappings have changed since they last agreed, they still do.
class MapsProof {
 public:
  // ErrorKind::divergence where they differ; other kinds where /proc/TID/maps cannot be read.
  Expected<void> compare(pid_t tid, const AddressSpace& space, Half half);

 private:
  std::string agreed_;  // the kernel's text
  uint64_t agreed_version_ = 0;
};

}  // namespace bygone
