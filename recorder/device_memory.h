#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "tracee/address_space.h"
#include "tracee/memory.h"

namespace bygone {

// The mappings of MappingKind::device in one address space: rings of perf events and packet sockets, maps of
// BPF programs. Whoever writes there tells nobody, so they are looked at with every event, and what is new
// since the last look is handed on.
class DeviceMemory {
 public:
  // A mapping was made; `file` is a descriptor of ours for what is mapped, -1 where there is none.
  void begin(int file, const KernelMapping& mapping, TraceeMemory& memory);

  // Hands on what a replay of `space` does not have yet. False if there is more than can be looked at, or
  // some of it cannot be read.
  using Changed = std::function<void(Address, std::span<const std::byte>)>;
  bool look(const AddressSpace& space, TraceeMemory& memory, const Changed& changed);

  // The page at `at` as of the last look; empty if it was not looked at.
  std::span<const std::byte> page(Address at) const;

 private:
  // The recorder's own mapping of the same memory, where the kernel lets nobody else read the program's.
  struct View;
  struct Known {
    MemoryRange range;
    std::vector<std::byte> bytes;  // as a replay has them
    std::shared_ptr<const View> view;
  };

  std::map<Address, Known> known_;  // by the start of the mapping
};

}  // namespace bygone
