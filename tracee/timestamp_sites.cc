#include "tracee/timestamp_sites.h"

#include <Zydis/Zydis.h>
#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "tracee/function_ranges.h"

namespace bygone {

namespace {

using Code = std::span<const std::byte>;

constexpr std::array kRdtsc{std::byte{0x0f}, std::byte{0x31}};
constexpr std::array kRdtscp{std::byte{0x0f}, std::byte{0x01}, std::byte{0xf9}};
constexpr std::array kTrap{std::byte{0x0f}, std::byte{0x0b}, std::byte{0x90}};

template <class T>
bool read_at(Code file, uint64_t offset_bytes, T& value) {
  if (offset_bytes > file.size() || file.size() - offset_bytes < sizeof value) return false;
  std::memcpy(&value, file.data() + offset_bytes, sizeof value);
  return true;
}

Code part_of(Code file, uint64_t offset_bytes, uint64_t size_bytes) {
  if (offset_bytes > file.size()) return {};
  return file.subspan(offset_bytes, std::min<uint64_t>(size_bytes, file.size() - offset_bytes));
}

class Decoder {
 public:
  Decoder() { ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64); }

  // 0 where the bytes are no instruction.
  size_t length(Code code) const {
    ZydisDecodedInstruction instruction;
    const bool valid = ZYAN_SUCCESS(
        ZydisDecoderDecodeInstruction(&decoder_, nullptr, code.data(), code.size(), &instruction));
    return valid ? instruction.length : 0;
  }
  // Does decoding from the beginning come by `place`?
  bool comes_by(Code code, size_t place) const {
    size_t at = 0;
    while (at < place) {
      const size_t step = length(code.subspan(at));
      if (step == 0) return false;
      at += step;
    }
    return at == place;
  }

 private:
  ZydisDecoder decoder_;
};

// Instructions find their rhythm again after a few, wherever one begins to decode: starts that all lead to
// the same place say that it is one.
bool most_starts_agree(const Decoder& decoder, Code code, size_t place) {
  constexpr size_t kFarthest = 96, kNearest = 48;
  if (place < kFarthest) return false;
  size_t agree = 0;
  for (size_t back = kNearest; back < kFarthest; ++back)
    if (decoder.comes_by(code.subspan(place - back), back)) ++agree;
  return agree * 10 >= (kFarthest - kNearest) * 8;
}

struct ElfFile {
  Code file;
  Elf64_Ehdr header;
  std::vector<Elf64_Phdr> segments;
  std::vector<FunctionRange> functions;
  bool has_functions = false;
};

bool read_functions_at(ElfFile& elf, uint64_t address, uint64_t size_bytes) {
  for (const Elf64_Phdr& segment : elf.segments) {
    if (segment.p_type != PT_LOAD || address - segment.p_vaddr >= segment.p_filesz) continue;
    const uint64_t within = address - segment.p_vaddr;
    const Code tables =
        part_of(elf.file, segment.p_offset + within, std::min(size_bytes, segment.p_filesz - within));
    elf.functions = read_function_ranges(tables, address);
    return true;
  }
  return false;
}

// By the segment that tells unwinders, which survives stripping of the section headers.
bool read_functions_by_segment(ElfFile& elf) {
  for (const Elf64_Phdr& segment : elf.segments) {
    struct {
      uint8_t version, pointer_encoding, count_encoding, table_encoding;
      int32_t eh_frame;
    } index{};
    constexpr uint8_t kRelativeSigned4 = 0x1b;
    if (segment.p_type != PT_GNU_EH_FRAME || !read_at(elf.file, segment.p_offset, index)) continue;
    if (index.version != 1 || index.pointer_encoding != kRelativeSigned4) continue;
    return read_functions_at(elf, segment.p_vaddr + 4 + uint64_t(int64_t{index.eh_frame}), ~uint64_t{0});
  }
  return false;
}

// Static executables have the section only.
bool read_functions_by_section(ElfFile& elf) {
  constexpr std::string_view kName(".eh_frame\0", 10);
  Elf64_Shdr names{};
  if (!read_at(elf.file, elf.header.e_shoff + uint64_t{elf.header.e_shstrndx} * sizeof names, names))
    return false;
  for (unsigned i = 0; i < elf.header.e_shnum; ++i) {
    Elf64_Shdr section{};
    if (!read_at(elf.file, elf.header.e_shoff + i * sizeof section, section)) return false;
    const Code name = part_of(elf.file, names.sh_offset + section.sh_name, kName.size());
    if (name.size() == kName.size() && std::memcmp(name.data(), kName.data(), name.size()) == 0)
      return read_functions_at(elf, section.sh_addr, section.sh_size);
  }
  return false;
}

bool is_instruction(const ElfFile& elf, const Decoder& decoder, const Elf64_Phdr& segment, size_t place) {
  const Code code = part_of(elf.file, segment.p_offset, segment.p_filesz);
  if (!elf.has_functions) return most_starts_agree(decoder, code, place);
  const uint64_t address = segment.p_vaddr + place;
  auto after = std::upper_bound(elf.functions.begin(), elf.functions.end(), address,
                                [](uint64_t a, const FunctionRange& f) { return a < f.start; });
  if (after == elf.functions.begin()) return false;
  const FunctionRange& function = *--after;
  if (address >= function.end || function.start < segment.p_vaddr) return false;
  const size_t start = function.start - segment.p_vaddr;
  return decoder.comes_by(code.subspan(start), place - start);
}

}  // namespace

std::span<const std::byte> bytes_of(TimestampInstruction instruction) {
  return instruction == TimestampInstruction::rdtsc ? Code(kRdtsc) : Code(kRdtscp);
}

std::span<const std::byte> trap_for(TimestampInstruction instruction) {
  return Code(kTrap).first(size_of(instruction));
}

std::optional<TimestampInstruction> timestamp_instruction(Code code) {
  for (const auto instruction : {TimestampInstruction::rdtsc, TimestampInstruction::rdtscp}) {
    const Code bytes = bytes_of(instruction);
    if (code.size() >= bytes.size() && std::equal(bytes.begin(), bytes.end(), code.begin()))
      return instruction;
  }
  return std::nullopt;
}

std::vector<TimestampSite> find_timestamp_sites(Code elf_file) {
  Elf64_Ehdr header{};
  if (!read_at(elf_file, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64)
    return {};
  ElfFile elf{elf_file, header, {}, {}, false};
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    if (!read_at(elf_file, header.e_phoff + i * sizeof segment, segment)) break;
    elf.segments.push_back(segment);
  }
  const Decoder decoder;
  std::vector<TimestampSite> sites;
  bool functions_read = false;
  for (const Elf64_Phdr& segment : elf.segments) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    const Code code = part_of(elf_file, segment.p_offset, segment.p_filesz);
    for (size_t at = 0; at + 1 < code.size(); ++at) {
      const void* const next = std::memchr(code.data() + at, 0x0f, code.size() - at);
      if (next == nullptr) break;
      at = size_t(static_cast<const std::byte*>(next) - code.data());
      const auto instruction = timestamp_instruction(code.subspan(at));
      if (!instruction) continue;
      if (!std::exchange(functions_read, true))
        elf.has_functions = read_functions_by_segment(elf) || read_functions_by_section(elf);
      if (is_instruction(elf, decoder, segment, at)) sites.push_back({segment.p_offset + at, *instruction});
    }
  }
  return sites;
}

}  // namespace bygone
