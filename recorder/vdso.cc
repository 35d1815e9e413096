#include "recorder/vdso.h"

#include <elf.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace bygone {

namespace {

// Its symbols, found the way a program would that was not told where it is.
class Image {
 public:
  explicit Image(std::span<const std::byte> bytes) : bytes_(bytes) {}

  // Behind everything that belongs to it: the rest of its last page is free.
  uint64_t size_bytes() const {
    const auto header = at<Elf64_Ehdr>(0);
    if (!header) return bytes_.size();
    uint64_t end = header->e_shoff + header->e_shnum * sizeof(Elf64_Shdr);
    for (size_t i = 0; i < header->e_shnum; ++i) {
      const auto section = at<Elf64_Shdr>(header->e_shoff + i * sizeof(Elf64_Shdr));
      if (section && section->sh_type != SHT_NOBITS)
        end = std::max(end, section->sh_offset + section->sh_size);
    }
    return end;
  }

  template <class Visit>  // (std::string_view name, uint64_t offset)
  void for_each_function(Visit&& visit) const {
    const auto header = at<Elf64_Ehdr>(0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return;
    for (size_t i = 0; i < header->e_shnum; ++i) {
      const auto section = at<Elf64_Shdr>(header->e_shoff + i * sizeof(Elf64_Shdr));
      if (!section || section->sh_type != SHT_DYNSYM) continue;
      const auto names = at<Elf64_Shdr>(header->e_shoff + section->sh_link * sizeof(Elf64_Shdr));
      if (!names) return;
      for (uint64_t done = 0; done + sizeof(Elf64_Sym) <= section->sh_size; done += sizeof(Elf64_Sym)) {
        const auto symbol = at<Elf64_Sym>(section->sh_offset + done);
        if (symbol && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_value != 0)
          visit(text(names->sh_offset + symbol->st_name), symbol->st_value);
      }
    }
  }

 private:
  template <class T>
  std::optional<T> at(uint64_t offset) const {
    T value;
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof value) return std::nullopt;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }

  std::string_view text(uint64_t offset) const {
    if (offset >= bytes_.size()) return {};
    const char* const start = reinterpret_cast<const char*>(bytes_.data() + offset);
    return {start, strnlen(start, bytes_.size() - offset)};
  }

  std::span<const std::byte> bytes_;
};

// mov $number, %eax; syscall; ret
std::vector<uint8_t> as_call(uint32_t number) {
  std::vector<uint8_t> code = {0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0xc3};
  std::memcpy(code.data() + 1, &number, sizeof number);
  return code;
}

// What takes the place of a function.
std::vector<uint8_t> replacement(std::string_view name) {
  constexpr std::string_view kPrefix = "__vdso_";
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  if (name == "clock_gettime") return as_call(SYS_clock_gettime);
  if (name == "clock_getres") return as_call(SYS_clock_getres);
  if (name == "gettimeofday") return as_call(SYS_gettimeofday);
  if (name == "time") return as_call(SYS_time);
  if (name == "getcpu") return as_call(SYS_getcpu);
  // Its protocol is not the system call's; callers fall back to that.
  if (name == "getrandom") return {0x48, 0xc7, 0xc0, uint8_t(-ENOSYS), 0xff, 0xff, 0xff, 0xc3};
  return {};
}

constexpr uint64_t aligned(uint64_t offset) {
  return (offset + 7) / 8 * 8;
}

std::vector<uint8_t> jump(uint64_t from, uint64_t to) {
  std::vector<uint8_t> code = {0xe9, 0, 0, 0, 0};
  const auto distance = int32_t(to - (from + code.size()));
  std::memcpy(code.data() + 1, &distance, sizeof distance);
  return code;
}

}  // namespace

void make_vdso_call(TraceeMemory& memory, MemoryRange range) {
  std::vector<std::byte> bytes(range.size_bytes());
  if (!memory.read(range.start, bytes)) return;
  const Image image(bytes);
  uint64_t free = aligned(image.size_bytes());
  std::set<uint64_t> seen;  // functions have several names
  const auto write = [&](uint64_t offset, const std::vector<uint8_t>& code) {
    memory.write(range.start + offset, std::as_bytes(std::span(code)));
  };
  image.for_each_function([&](std::string_view name, uint64_t offset) {
    const std::vector<uint8_t> code = replacement(name);
    if (code.empty() || offset + code.size() > bytes.size() || !seen.insert(offset).second) return;
    if (free + code.size() > bytes.size()) return write(offset, code);
    write(free, code);
    write(offset, jump(offset, free));
    free = aligned(free + code.size());
  });
}

void restore_vdso(TraceeMemory& memory, MemoryRange range, std::span<const std::byte> bytes) {
  memory.write(range.start, bytes.first(std::min<uint64_t>(bytes.size(), Image(bytes).size_bytes())));
}

}  // namespace bygone
