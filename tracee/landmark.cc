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
  uint64_t rcx;
  uint64_t xmm[16];
  uint64_t st[8];
  alignas(16) std::byte saved[512];  // FXSAVE
};
static_assert(sizeof(Data) <= kPageSize);

// Where the FXSAVE area, with which an XSAVE area begins, has them (SDM volume 1, 10.5.1).
constexpr size_t kSavedSt = 32, kSavedXmm = 160, kSavedEach = 16, kSavedSize = 512;

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
  // jmp and those jcc that look at flags only, with the distance in the instruction.
  bool is_plain_jump() const {
    return condition() >= 0 || decoded.opcode == 0xeb || (decoded.opcode == 0xe9 && is_one_byte());
  }
  // The condition's number, as in the opcode; -1 for anything but jcc.
  int condition() const {
    if (decoded.meta.category != ZYDIS_CATEGORY_COND_BR) return -1;
    const bool is_short = is_one_byte() && (decoded.opcode & 0xf0) == 0x70;
    const bool is_near = decoded.opcode_map == ZYDIS_OPCODE_MAP_0F && (decoded.opcode & 0xf0) == 0x80;
    return is_short || is_near ? decoded.opcode & 0x0f : -1;
  }
  bool is_one_byte() const { return decoded.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT; }
  bool can_move() const;
};

bool Instruction::can_move() const {
  constexpr ZydisInstructionAttributes kRepeated =
      ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;
  if ((decoded.attributes & (kRepeated | ZYDIS_ATTRIB_IS_PRIVILEGED)) != 0) return false;
  switch (decoded.meta.category) {
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
  return !is_relative() || decoded.raw.disp.size == 32;
}

// Does anything in the code, whatever the boundaries of its instructions are, jump or call into [from, to)?
// A table of a switch could, but does not lead into the middle of what is run in one go.
bool leads_into(std::span<const std::byte> code, size_t from, size_t to) {
  const auto hits = [&](size_t end, int64_t distance) {
    const int64_t target = int64_t(end) + distance;
    return target >= int64_t(from) && target < int64_t(to);
  };
  for (size_t at = 0; at + 2 <= code.size(); ++at) {
    const auto opcode = std::to_integer<uint8_t>(code[at]);
    const bool is_short = opcode == 0xeb || (opcode & 0xf0) == 0x70 || (opcode & 0xfc) == 0xe0;
    if (is_short && hits(at + 2, int8_t(code[at + 1]))) return true;
    const auto second = std::to_integer<uint8_t>(code[at + 1]);
    const bool is_near = opcode == 0xe8 || opcode == 0xe9;
    const bool is_conditional = opcode == 0x0f && (second & 0xf0) == 0x80;
    if (!is_near && !is_conditional) continue;
    const size_t operand = at + (is_near ? 1 : 2);
    int32_t distance = 0;
    if (operand + sizeof distance > code.size()) continue;
    std::memcpy(&distance, &code[operand], sizeof distance);
    if (hits(operand + sizeof distance, distance)) return true;
  }
  return false;
}

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

bool is_near(Address a, Address b);

// Writes the instructions that lie at `place` so that they do the same where they are now.
bool move_instructions(Assembler& to, std::span<const std::byte> code, Address place, Address page) {
  for (size_t at = 0; at < code.size();) {
    Instruction instruction;
    if (!instruction.decode(code.subspan(at))) return false;
    const size_t length = instruction.decoded.length;
    const Address end = place + at + length;
    if (instruction.is_plain_jump()) {
      const Address target = end + uint64_t(instruction.decoded.raw.imm[0].value.s);
      if (!is_near(target, page)) return false;
      if (instruction.condition() >= 0)
        to.bytes({0x0f, uint8_t(0x80 | instruction.condition())});
      else
        to.bytes({0xe9});
      to.relative(target);
    } else {
      std::vector<std::byte> moved(code.begin() + ptrdiff_t(at), code.begin() + ptrdiff_t(at + length));
      if (instruction.is_relative()) {
        const Address target = end + uint64_t(instruction.decoded.raw.disp.value);
        if (!is_near(target, page)) return false;
        const auto displacement = int32_t(target.value - (to.here().value + length));
        std::memcpy(&moved[instruction.decoded.raw.disp.offset], &displacement, sizeof displacement);
      }
      to.raw(moved);
    }
    at += length;
  }
  return true;
}

bool is_near(Address a, Address b) {
  constexpr auto kReach = int64_t{std::numeric_limits<int32_t>::max()} - int64_t(4 * kPageSize);
  const auto distance = int64_t(a.value - b.value);
  return distance < kReach && distance > -kReach;
}

// Most visits are told from the landmark by a sum of the first word and the registers, made without touching
// the flags, of which only rcx has to be kept. Where it is the landmark's the code goes on behind this, with
// everything as it was; elsewhere it goes on with the program.
bool pass_by_sum(Assembler& a, std::span<const std::byte> code, const Registers& expected,
                 std::span<const LandmarkWord> words, Address place, Address page) {
  a.bytes({0x48, 0x89, 0x0d});  // mov %rcx, data.rcx
  a.data_at(offsetof(Data, rcx));
  uint64_t sum = expected[Register::rcx];
  if (!words.empty()) {
    a.bytes({0x48, 0xb9});  // mov $address, %rcx
    a.value(words[0].at.value, 8);
    a.bytes({0x8b, 0x09});  // mov (%rcx), %ecx
    sum = uint32_t(words[0].value);
  }
  for (size_t i = 0; i < std::size(kEncoded); ++i) {
    if (kEncoded[i] == Register::rcx || kEncoded[i] == Register::rsp) continue;
    const size_t scale = i % 4;  // lea (%rcx, register i, 2^scale), %rcx
    a.bytes({uint8_t(i < 8 ? 0x48 : 0x4a), 0x8d, 0x0c, uint8_t(scale << 6 | (i & 7) << 3 | 1)});
    sum += expected[kEncoded[i]] << scale;
  }
  a.bytes({0x8d, 0x89});  // lea -sum(%rcx), %ecx
  a.value(uint32_t(-sum), 4);
  Assembler apart(a.here() + 2, page + kPageSize);
  apart.bytes({0x48, 0x8b, 0x0d});  // mov data.rcx, %rcx
  apart.data_at(offsetof(Data, rcx));
  if (!move_instructions(apart, code, place, page)) return false;
  apart.bytes({0xe9});  // jmp behind the instructions
  apart.relative(place + code.size());
  const std::vector<std::byte> program = apart.take();
  if (program.size() > std::numeric_limits<int8_t>::max()) return false;
  a.bytes({0xe3, uint8_t(program.size())});  // jrcxz
  a.raw(program);
  a.bytes({0x48, 0x8b, 0x0d});  // mov data.rcx, %rcx
  a.data_at(offsetof(Data, rcx));
  return true;
}

void compare_xmm(Assembler& a) {
  for (size_t i = 0; i < std::size(Data{}.xmm); ++i) {
    a.bytes(
        {0x66, uint8_t(i < 8 ? 0x48 : 0x4c), 0x0f, 0x7e, uint8_t(0xc0 | (i & 7) << 3)});  // movq xmm i, %rax
    a.bytes({0x48, 0x3b, 0x05});  // cmp data.xmm[i], %rax
    a.data_at(offsetof(Data, xmm) + i * sizeof(uint64_t));
    a.jump_if_differs();
  }
}

void compare_st(Assembler& a) {
  a.bytes({0x48, 0x0f, 0xae, 0x05});  // fxsave64 data.saved
  a.data_at(offsetof(Data, saved));
  for (size_t i = 0; i < std::size(Data{}.st); ++i) {
    a.bytes({0x48, 0x8b, 0x05});  // mov data.saved.st[i], %rax
    a.data_at(offsetof(Data, saved) + kSavedSt + i * kSavedEach);
    a.bytes({0x48, 0x3b, 0x05});  // cmp data.st[i], %rax
    a.data_at(offsetof(Data, st) + i * sizeof(uint64_t));
    a.jump_if_differs();
  }
}

}  // namespace

Registers as_landmark(Registers registers) {
  registers[Register::orig_rax] = ~uint64_t{0};
  registers[Register::eflags] &= ~kResumeFlag;
  return registers;
}

size_t landmark_room(std::span<const std::byte> around, size_t at) {
  size_t end = at;
  for (bool leaves = false; end < at + kJumpBytes;) {
    Instruction instruction;
    if (leaves || !instruction.decode(around.subspan(std::min(end, around.size())))) return 0;
    const bool jumps = instruction.is_plain_jump();
    if (!jumps && !instruction.can_move()) return 0;
    leaves = instruction.decoded.meta.category == ZYDIS_CATEGORY_UNCOND_BR;
    // One jump alone is seldom met with other registers each time round; what it jumps over would be.
    if (jumps && end == at) return 0;
    end += instruction.decoded.length;
    const bool alone = end - at == instruction.decoded.length;
    if (alone && end - at >= kJumpBytes) return end - at;
  }
  return leads_into(around, at + 1, end) ? 0 : end - at;
}

std::vector<std::byte> landmark_instructions(TraceeMemory& memory, Address at) {
  constexpr uint64_t kLookedAt = 16 << 10;
  const Address start = page_floor(Address{at.value - std::min(at.value, kLookedAt)});
  // What is not mapped holds no code.
  std::vector<std::byte> around(2 * kLookedAt + kPageSize);
  for (size_t page = 0; page < around.size(); page += kPageSize)
    memory.read(start + page, std::span(around).subspan(page, kPageSize));
  const size_t place = at - start;
  const size_t room = landmark_room(around, place);
  return {around.begin() + ptrdiff_t(place), around.begin() + ptrdiff_t(place + room)};
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
                                                 std::span<const std::byte> extended_state,
                                                 std::span<const LandmarkWord> words, Address page) {
  const Address place{expected[Register::rip]};
  if (code.size() < kJumpBytes || !is_near(place, page)) return std::nullopt;
  words = words.first(std::min(words.size(), kMostLandmarkWords));

  Data data{};
  data.expected_flags = lahf_flags(expected[Register::eflags]);
  for (size_t i = 0; i < std::size(kEncoded); ++i) data.expected[i] = expected[kEncoded[i]];
  for (size_t i = 0; i < words.size(); ++i) data.words[i] = words[i].value;
  const bool has_vectors = extended_state.size() >= kSavedSize;
  if (has_vectors) {
    for (size_t i = 0; i < std::size(data.xmm); ++i)
      std::memcpy(&data.xmm[i], &extended_state[kSavedXmm + i * kSavedEach], sizeof data.xmm[i]);
    for (size_t i = 0; i < std::size(data.st); ++i)
      std::memcpy(&data.st[i], &extended_state[kSavedSt + i * kSavedEach], sizeof data.st[i]);
  }

  LandmarkCheck check;
  Assembler a(page, page + kPageSize);
  if (!pass_by_sum(a, code, expected, words, place, page)) return std::nullopt;
  // The stack is the program's: nothing may be pushed, what is below it is compared too.
  a.bytes({0x48, 0x89, 0x05});  // mov %rax, data.rax
  a.data_at(offsetof(Data, rax));
  a.bytes({0x9f, 0x0f, 0x90, 0xc0});  // lahf; seto %al
  a.bytes({0x66, 0x89, 0x05});        // mov %ax, data.flags
  a.data_at(offsetof(Data, flags));
  if (has_vectors) compare_xmm(a);
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
  if (has_vectors) compare_st(a);
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

  if (!move_instructions(a, code, place, page)) return std::nullopt;
  a.bytes({0xe9});  // jmp behind the instructions
  a.relative(place + code.size());
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
