#include "tracee/stub_image.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

extern "C" {
extern const std::byte bygone_stub_begin[];
extern const std::byte bygone_stub_end[];
}

namespace bygone {

std::vector<MemoryRange> beside_own_pages(MemoryRange range) {
  std::vector<MemoryRange> parts;
  const MemoryRange below{range.start, std::min(range.end, kOwnPages.start)};
  const MemoryRange above{std::max(range.start, kOwnPages.end), range.end};
  for (const MemoryRange& part : {below, above})
    if (part.start < part.end) parts.push_back(part);
  return parts;
}

std::span<const std::byte> stub_executable() {
  return {bygone_stub_begin, bygone_stub_end};
}

std::span<const std::byte> stub_code() {
  const auto image = stub_executable();
  Elf64_Ehdr header;
  std::memcpy(&header, image.data(), sizeof header);
  for (size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, image.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_LOAD && segment.p_vaddr == kCodePage.value)
      return image.subspan(segment.p_offset, segment.p_filesz);
  }
  return {};
}

Address stub_call() {
  constexpr std::byte kSyscall[] = {std::byte{0x0f}, std::byte{0x05}};
  const auto code = stub_code();
  const auto found = std::search(code.begin(), code.end(), std::begin(kSyscall), std::end(kSyscall));
  return kCodePage + uint64_t(found - code.begin());
}

}  // namespace bygone
