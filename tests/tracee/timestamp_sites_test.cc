#include "tracee/timestamp_sites.h"

#include <gmock/gmock.h>
#include <link.h>
#include <x86intrin.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "tracee/function_ranges.h"

namespace bygone {
namespace {

std::vector<std::byte> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

// Reads the counter twice, and has what looks like it inside other instructions.
__attribute__((noinline)) uint64_t reads_the_counter() {
  unsigned processor = 0;
  uint64_t value = __rdtsc();
  asm volatile("movl $0x310f310f, %%ecx\n\tmovl $0xf9010f90, %%edx" : : : "ecx", "edx");
  value += __rdtscp(&processor);
  return value;
}

// Where `function` is in the file of this program.
uint64_t offset_in_file(const void* function) {
  struct Search {
    uint64_t address;
    uint64_t offset;
  } search{reinterpret_cast<uint64_t>(function), 0};
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* data) {
        auto& s = *static_cast<Search*>(data);
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          const uint64_t start = info->dlpi_addr + segment.p_vaddr;
          if (segment.p_type == PT_LOAD && s.address >= start && s.address < start + segment.p_filesz)
            s.offset = s.address - start + segment.p_offset;
        }
        return 1;  // the program itself comes first
      },
      &search);
  return search.offset;
}

TEST(TimestampSites, AreFoundInCodeAndNotInsideOtherInstructions) {
  EXPECT_GT(reads_the_counter(), 0u);
  constexpr uint64_t kLongestBytes = 512;  // with a sanitizer's checks
  const uint64_t start = offset_in_file(reinterpret_cast<const void*>(&reads_the_counter));
  std::vector<TimestampInstruction> found;
  for (const TimestampSite& site : find_timestamp_sites(read_file("/proc/self/exe")))
    if (site.offset_bytes >= start && site.offset_bytes < start + kLongestBytes)
      found.push_back(site.instruction);
  EXPECT_THAT(found, testing::ElementsAre(TimestampInstruction::rdtsc, TimestampInstruction::rdtscp));
}

TEST(TimestampSites, SurviveTheLossOfSectionHeaders) {
  auto file = read_file("/proc/self/exe");
  const size_t with_sections = find_timestamp_sites(file).size();
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  header.e_shoff = 0;
  header.e_shnum = header.e_shstrndx = 0;
  std::memcpy(file.data(), &header, sizeof header);
  EXPECT_GE(find_timestamp_sites(file).size(), std::min<size_t>(with_sections, 2));
}

TEST(TimestampSites, NothingIsFoundInWhatIsNoElfFile) {
  EXPECT_TRUE(find_timestamp_sites({}).empty());
  const std::vector<std::byte> zeros(4096);
  EXPECT_TRUE(find_timestamp_sites(zeros).empty());
  auto file = read_file("/proc/self/exe");
  for (size_t size = 0; size < 4096; size += 7) find_timestamp_sites(std::span(file).first(size));
}

TEST(TimestampSites, DamagedFilesAreReadWithoutHarm) {
  const auto file = read_file("/proc/self/exe");
  const auto head = std::span(file).first(std::min<size_t>(file.size(), 256 << 10));
  uint32_t seed = 1;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::byte> damaged(head.begin(), head.end());
    for (int i = 0; i < 16; ++i) {
      seed = seed * 1664525 + 1013904223;
      const size_t where = round % 2 == 0 ? seed % 1024 : seed % damaged.size();
      damaged[where] = std::byte(seed >> 24);
    }
    find_timestamp_sites(damaged);
  }
}

TEST(FunctionRanges, GarbageGivesNoRangesOrSomeButNoHarm) {
  uint32_t seed = 7;
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::byte> bytes(200);
    for (std::byte& byte : bytes) {
      seed = seed * 1664525 + 1013904223;
      byte = (seed >> 30) == 0 ? std::byte(seed >> 16) : std::byte{0};
    }
    read_function_ranges(bytes, 0x1000);
  }
}

TEST(TimestampInstruction, IsKnownByItsBytes) {
  EXPECT_EQ(timestamp_instruction(bytes_of(TimestampInstruction::rdtsc)), TimestampInstruction::rdtsc);
  EXPECT_EQ(timestamp_instruction(bytes_of(TimestampInstruction::rdtscp)), TimestampInstruction::rdtscp);
  EXPECT_EQ(timestamp_instruction(trap_for(TimestampInstruction::rdtsc)), std::nullopt);
  EXPECT_EQ(trap_for(TimestampInstruction::rdtscp).size(), 3u);
}

}  // namespace
}  // namespace bygone
