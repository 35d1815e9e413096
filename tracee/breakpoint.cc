#include "tracee/breakpoint.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "tracee/ptrace.h"

namespace bygone {

namespace {

constexpr std::byte kInt3{0xcc};

std::optional<ZydisDecodedInstruction> decode(TraceeMemory& memory, Address at) {
  const std::vector<std::byte> code = read_instruction(memory, at);
  ZydisDecoder decoder;
  ZydisDecodedInstruction instruction;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, nullptr, code.data(), code.size(), &instruction)))
    return std::nullopt;
  return instruction;
}

}  // namespace

std::vector<std::byte> read_instruction(TraceeMemory& memory, Address at) {
  std::vector<std::byte> code(ZYDIS_MAX_INSTRUCTION_LENGTH);
  if (memory.read(at, code)) return code;
  code.resize(std::min<size_t>(code.size(), page_ceil(at + 1) - at));
  if (!memory.read(at, code)) code.clear();
  return code;
}

std::optional<Address> behind_repetition(TraceeMemory& memory, Address at) {
  constexpr ZydisInstructionAttributes kRepeats =
      ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;
  const auto instruction = decode(memory, at);
  if (!instruction || (instruction->attributes & kRepeats) == 0) return std::nullopt;
  return at + instruction->length;
}

bool may_be_stepped(TraceeMemory& memory, Address at) {
  const auto instruction = decode(memory, at);
  if (!instruction) return false;
  switch (instruction->meta.category) {
    case ZYDIS_CATEGORY_SYSCALL:
    case ZYDIS_CATEGORY_SYSRET:
    case ZYDIS_CATEGORY_SYSTEM:
    case ZYDIS_CATEGORY_INTERRUPT:
      return false;
    default:
      break;
  }
  switch (instruction->mnemonic) {
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_PUSHF:
    case ZYDIS_MNEMONIC_PUSHFQ:
    case ZYDIS_MNEMONIC_POPF:
    case ZYDIS_MNEMONIC_POPFQ:
    case ZYDIS_MNEMONIC_RDTSC:
    case ZYDIS_MNEMONIC_RDTSCP:
      return false;
    default:
      return true;
  }
}

void Breakpoint::lift() {
  if (std::exchange(planted_, false)) memory_.write(at_, std::span(&original_, 1));
}

bool Breakpoint::plant() {
  planted_ =
      planted_ || (memory_.read(at_, std::span(&original_, 1)) && memory_.write(at_, std::span(&kInt3, 1)));
  return planted_;
}

bool Breakpoint::was_hit_by(pid_t tid) const {
  siginfo_t info;
  Registers registers;
  if (get_siginfo(tid, info) == Outcome::gone || get_registers(tid, registers) == Outcome::gone) return false;
  // arch/x86/kernel/traps.c, do_int3: SI_KERNEL, behind the byte.
  if (info.si_signo != SIGTRAP || info.si_code != SI_KERNEL) return false;
  if (registers[Register::rip] != at_.value + 1) return false;
  registers[Register::rip] = at_.value;
  set_registers(tid, registers);
  return true;
}

}  // namespace bygone
