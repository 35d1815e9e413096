#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "tracee/address_space.h"
#include "tracee/memory.h"

namespace bygone {

// The mappings of MappingKind::device in one address space: rings of perf events and packet sockets, maps of
// BPF programs, a device's registers. Whoever writes there tells nobody, so all of it is looked at with every
// event, and what is new since the last look is handed on.
class DeviceMemory {
 public:
  // A mapping was made; `file` is a descriptor of ours for what is mapped, -1 where there is none.
  void begin(int file, const KernelMapping& mapping, TraceeMemory& memory);

  // Hands on what a replay of `space` does not have yet. False if there is more than can be looked at, or
  // some of it cannot be read.
  using Changed = std::function<void(Address, std::span<const std::byte>)>;
  bool look(const AddressSpace& space, TraceeMemory& memory, const Changed& changed);

 private:
  // The recorder's own mapping of the same memory, where the kernel lets nobody else read the program's.
  struct View;

  bool read(TraceeMemory& memory, Address at, std::span<std::byte> page) const;

  std::map<Address, std::shared_ptr<const View>> views_;   // by the start of the program's mapping
  std::map<Address, std::vector<std::byte>> known_pages_;  // as a replay has them
};

}  // namespace bygone
