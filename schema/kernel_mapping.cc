#include "schema/kernel_mapping.h"

#include <fmt/core.h>
#include <sys/mman.h>

#include <charconv>

namespace bygone {

std::string Protection::text() const {
  return {read ? 'r' : '-', write ? 'w' : '-', execute ? 'x' : '-', shared ? 's' : 'p'};
}

std::optional<Protection> Protection::parse(std::string_view text) {
  if (text.size() != 4) return std::nullopt;
  auto is = [&](size_t i, char set, char unset) { return text[i] == set || text[i] == unset; };
  if (!is(0, 'r', '-') || !is(1, 'w', '-') || !is(2, 'x', '-') || !is(3, 's', 'p')) return std::nullopt;
  return Protection{text[0] == 'r', text[1] == 'w', text[2] == 'x', text[3] == 's'};
}

int Protection::prot_bits() const {
  return (read ? PROT_READ : 0) | (write ? PROT_WRITE : 0) | (execute ? PROT_EXEC : 0);
}

Protection Protection::of_bits(int prot, bool shared) {
  return {(prot & PROT_READ) != 0, (prot & PROT_WRITE) != 0, (prot & PROT_EXEC) != 0, shared};
}

std::string Device::text() const {
  return fmt::format("{:02x}:{:02x}", major, minor);
}

std::optional<Device> Device::parse(std::string_view text) {
  Device device;
  size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto hex = [](std::string_view digits, uint32_t& out) {
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
    return error == std::errc{} && end == digits.data() + digits.size() && !digits.empty();
  };
  if (!hex(text.substr(0, colon), device.major) || !hex(text.substr(colon + 1), device.minor))
    return std::nullopt;
  return device;
}

bool KernelMapping::continues(const KernelMapping& lower) const {
  const bool has_file = inode != 0;
  return range.start == lower.range.end && prot == lower.prot && flags == lower.flags &&
         device == lower.device && inode == lower.inode && path == lower.path &&
         file_stat == lower.file_stat &&
         (!has_file || offset_bytes == lower.offset_bytes + lower.range.size_bytes());
}

KernelMapping KernelMapping::slice(const MemoryRange& part) const {
  KernelMapping result = *this;
  result.range = range.intersect(part);
  if (inode != 0) result.offset_bytes += result.range.start - range.start;
  return result;
}

std::string mapping_flags_text(uint32_t flags) {
  static constexpr struct {
    uint32_t bit;
    const char* name;
  } kNames[] = {{MAP_SHARED, "shared"},       {MAP_PRIVATE, "private"},     {MAP_ANONYMOUS, "anonymous"},
                {MAP_GROWSDOWN, "growsdown"}, {MAP_NORESERVE, "noreserve"}, {MAP_HUGETLB, "hugetlb"}};
  std::string text;
  for (const auto& [bit, name] : kNames) {
    if ((flags & bit) == 0) continue;
    if (!text.empty()) text += '|';
    text += name;
  }
  return text;
}

}  // namespace bygone
