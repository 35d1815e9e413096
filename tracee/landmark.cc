#include "tracee/landmark.h"

#include <Zydis/Zydis.h>

#include <cstring>
#include <limits>

namespace bygone {

namespace {

// RF, which the processor sets around faults for its own use.
constexpr uint64_t kResumeFlag = 1 << 16;
constexpr size_t kJumpBytes = 5;
constexpr uint64_t kOverflow = 1 << 11;
constexpr uint64_t kLahfFlags = 0xd5;  // SF, ZF, AF, PF, CF

// The data page. Offsets are in the code, so this is a format.
struct Data {
  uint64_t rax;
  uint64_t flags;  // as lahf and seto leave them in ax
  uint64_t expected_flags;
  uint64_t expected[16];  // by register number of the instruction set
  uint64_t words[kMostLandmarkWords];
};

// Register numbers as instructions encode them.
constexpr Register kEncoded[16] = {Register::rax, Register::rcx, Register::rdx, Register::rbx,
                                   Register::rsp, Register::rbp, Register::rsi, Register::rdi,
                                   Register::r8,  Register::r9,  Register::r10, Register::r11,
                                   Register::r12, Register::r13, Register::r14, Register::r15};

struct Instruction {
  ZydisDecodedInstruction decoded;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

  bool decode(std::span<const std::byte> code) {
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code.data(), code.size(), &decoded, operands));
  }
  bool is_relative() const { return (decoded.attributes & ZYDIS_ATTRIB_IS_RELATIVE) != 0; }
};

uint64_t lahf_flags(uint64_t eflags) {
  return ((eflags & kLahfFlags) | 2) << 8 | ((eflags & kOverflow) != 0 ? 1 : 0);
}

class Assembler {
 public:
  Assembler(Address start, Address data) : start_(start), data_(data) {}

  void bytes(std::initializer_list<uint8_t> list) {
    for (uint8_t byte : list) code_.push_back(std::byte{byte});
  }
  void raw(std::span<const std::byte> more) { code_.insert(code_.end(), more.begin(), more.end()); }
  void value(uint64_t v, size_t size) {
    for (size_t i = 0; i < size; ++i) code_.push_back(std::byte(v >> (8 * i)));
  }
  // A displacement relative to the end of the instruction, which it completes.
  void data_at(size_t offset) { relative(data_ + offset); }
  void relative(Address target) { value(target.value - (here().value + 4), 4); }
  // jne to a place not known yet.
  void jump_if_differs() {
    bytes({0x0f, 0x85});
    differs_.push_back(code_.size());
    value(0, 4);
  }
  void differs_here() {
    for (const size_t at : differs_) {
      const auto distance = uint32_t(code_.size() - (at + 4));
      std::memcpy(&code_[at], &distance, sizeof distance);
    }
  }
  Address here() const { return start_ + code_.size(); }
  std::vector<std::byte> take() { return std::move(code_); }

 private:
  Address start_;
  Address data_;
  std::vector<std::byte> code_;
  std::vector<size_t> differs_;
};

bool is_near(Address a, Address b) {
  constexpr auto kReach = int64_t{std::numeric_limits<int32_t>::max()} - int64_t(4 * kPageSize);
  const auto distance = int64_t(a.value - b.value);
  return distance < kReach && distance > -kReach;
}

}  // namespace

Registers as_landmark(Registers registers) {
  registers[Register::orig_rax] = ~uint64_t{0};
  registers[Register::eflags] &= ~kResumeFlag;
  return registers;
}

bool can_hold_landmark(std::span<const std::byte> code) {
  Instruction instruction;
  if (!instruction.decode(code) || instruction.decoded.length < kJumpBytes) return false;
  constexpr ZydisInstructionAttributes kRepeated =
      ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;
  if ((instruction.decoded.attributes & (kRepeated | ZYDIS_ATTRIB_IS_PRIVILEGED)) != 0) return false;
  switch (instruction.decoded.meta.category) {
    case ZYDIS_CATEGORY_CALL:
    case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_COND_BR:
    case ZYDIS_CATEGORY_UNCOND_BR:
    case ZYDIS_CATEGORY_SYSCALL:
    case ZYDIS_CATEGORY_SYSTEM:
    case ZYDIS_CATEGORY_INTERRUPT:
      return false;
    default:
      break;
  }
  // An implicit or explicit rip other than as the base of an address would differ elsewhere.
  return !instruction.is_relative() || instruction.decoded.raw.disp.size == 32;
}

std::optional<Registers> LandmarkCheck::program_registers(const Registers& at_trap, Address place,
                                                          std::span<const std::byte> data) {
  Data values;
  if (data.size() < sizeof values) return std::nullopt;
  std::memcpy(&values, data.data(), sizeof values);
  Registers registers = at_trap;
  registers[Register::rip] = place.value;
  registers[Register::rax] = values.rax;
  uint64_t& eflags = registers[Register::eflags];
  eflags &= ~(kLahfFlags | kOverflow);
  eflags |= ((values.flags >> 8) & kLahfFlags) | ((values.flags & 1) != 0 ? kOverflow : 0);
  return registers;
}

std::optional<LandmarkCheck> make_landmark_check(std::span<const std::byte> code, const Registers& expected,
                                                 std::span<const LandmarkWord> words, Address page) {
  const Address place{expected[Register::rip]};
  Instruction instruction;
  if (!can_hold_landmark(code) || !instruction.decode(code) || !is_near(place, page)) return std::nullopt;
  words = words.first(std::min(words.size(), kMostLandmarkWords));
  const size_t length = instruction.decoded.length;

  Data data{};
  data.expected_flags = lahf_flags(expected[Register::eflags]);
  for (size_t i = 0; i < std::size(kEncoded); ++i) data.expected[i] = expected[kEncoded[i]];
  for (size_t i = 0; i < words.size(); ++i) data.words[i] = words[i].value;

  LandmarkCheck check;
  Assembler a(page, page + kPageSize);
  // The stack is the program's: nothing may be pushed, what is below it is compared too.
  a.bytes({0x48, 0x89, 0x05});  // mov %rax, data.rax
  a.data_at(offsetof(Data, rax));
  a.bytes({0x9f, 0x0f, 0x90, 0xc0});  // lahf; seto %al
  a.bytes({0x66, 0x89, 0x05});        // mov %ax, data.flags
  a.data_at(offsetof(Data, flags));
  for (size_t i = 1; i < std::size(kEncoded); ++i) {  // cmp data.expected[i], register i
    a.bytes({uint8_t(i < 8 ? 0x48 : 0x4c), 0x3b, uint8_t(0x05 | (i & 7) << 3)});
    a.data_at(offsetof(Data, expected) + i * sizeof(uint64_t));
    a.jump_if_differs();
  }
  for (size_t i = 0; i < words.size(); ++i) {
    a.bytes({0x48, 0xb8});  // mov $address, %rax
    a.value(words[i].at.value, 8);
    a.bytes({0x48, 0x8b, 0x00});  // mov (%rax), %rax
    a.bytes({0x48, 0x3b, 0x05});  // cmp data.words[i], %rax
    a.data_at(offsetof(Data, words) + i * sizeof(uint64_t));
    a.jump_if_differs();
  }
  for (const auto& [kept, wanted] : {std::pair{offsetof(Data, rax), offsetof(Data, expected)},
                                     std::pair{offsetof(Data, flags), offsetof(Data, expected_flags)}}) {
    a.bytes({0x48, 0x8b, 0x05});  // mov kept, %rax
    a.data_at(kept);
    a.bytes({0x48, 0x3b, 0x05});  // cmp wanted, %rax
    a.data_at(wanted);
    a.jump_if_differs();
  }
  a.bytes({0xcc});  // int3
  check.arrived = a.here();
  a.differs_here();
  check.differs = a.here();
  a.bytes({0x66, 0x8b, 0x05});  // mov data.flags, %ax
  a.data_at(offsetof(Data, flags));
  a.bytes({0x04, 0x7f, 0x9e});  // add $0x7f, %al makes OF again, sahf the others
  a.bytes({0x48, 0x8b, 0x05});  // mov data.rax, %rax
  a.data_at(offsetof(Data, rax));

  std::vector<std::byte> moved(code.begin(), code.begin() + ptrdiff_t(length));
  if (instruction.is_relative()) {
    const Address target = place + length + uint64_t(instruction.decoded.raw.disp.value);
    if (!is_near(target, page)) return std::nullopt;
    const auto displacement = int32_t(target.value - (a.here().value + length));
    std::memcpy(&moved[instruction.decoded.raw.disp.offset], &displacement, sizeof displacement);
  }
  a.raw(moved);
  a.bytes({0xe9});  // jmp behind the instruction
  a.relative(place + length);
  check.code = a.take();
  check.data.resize(sizeof data);
  std::memcpy(check.data.data(), &data, sizeof data);

  Assembler jump(place, place);
  jump.bytes({0xe9});
  jump.relative(page);
  check.jump = jump.take();
  return check;
}

}  // namespace bygone
