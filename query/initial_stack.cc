#include "query/initial_stack.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

namespace bygone::query {
namespace {

constexpr uint64_t kMostArguments = 100'000;

// Bytes of a stranger: nothing is found outside of them.
class StackBytes {
 public:
  StackBytes(uint64_t start, std::vector<std::byte> bytes) : start_(start), bytes_(std::move(bytes)) {}

  std::optional<uint64_t> word(uint64_t address) const {
    if (address < start_ || address - start_ > bytes_.size()) return std::nullopt;
    if (bytes_.size() - (address - start_) < sizeof(uint64_t)) return std::nullopt;
    uint64_t value = 0;
    std::memcpy(&value, bytes_.data() + (address - start_), sizeof value);
    return value;
  }

  std::optional<std::string> text(uint64_t address) const {
    if (address < start_ || address - start_ >= bytes_.size()) return std::nullopt;
    const auto from = bytes_.begin() + int64_t(address - start_);
    const auto end = std::find(from, bytes_.end(), std::byte{0});
    if (end == bytes_.end()) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(&*from), size_t(end - from));
  }

 private:
  uint64_t start_;
  std::vector<std::byte> bytes_;
};

// From the stack pointer up: argc, argv, 0, the environment, 0, pairs of the auxiliary vector.
std::optional<InitialStack> parse(const StackBytes& stack, uint64_t at) {
  InitialStack result;
  const auto count = stack.word(at);
  if (!count || *count > kMostArguments) return std::nullopt;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto pointer = stack.word(at += 8);
    const auto text = pointer ? stack.text(*pointer) : std::nullopt;
    if (!text) return std::nullopt;
    result.arguments.push_back(*text);
  }
  at += 16;
  result.environment_address = at;
  for (;; at += 8) {
    const auto pointer = stack.word(at);
    if (!pointer) return std::nullopt;
    if (*pointer == 0) break;
    ++result.variables;
  }
  for (at += 8;; at += 16) {
    const auto type = stack.word(at);
    const auto value = stack.word(at + 8);
    if (!type || !value || *type == AT_NULL) return result;
    if (*type == AT_EXECFN) result.program = stack.text(*value).value_or("");
  }
}

}  // namespace

Expected<std::optional<InitialStack>> initial_stack(RecordingReader& recording, AddressSpaceId space,
                                                    const FullFrame& full) {
  if (!full.registers) return std::nullopt;
  BYGONE_ASSIGN(const auto mappings, recording.mappings_begun(space, full.frame.event));
  for (const Mapping& mapping : mappings) {
    if (mapping.kind != MappingKind::stack || mapping.data.source != DataSource::bytes) continue;
    BYGONE_ASSIGN(auto bytes, recording.mapping_bytes(mapping.id));
    return parse(StackBytes(mapping.recorded.range.start.value, std::move(bytes)),
                 (*full.registers)[Register::rsp]);
  }
  return std::nullopt;
}

}  // namespace bygone::query
