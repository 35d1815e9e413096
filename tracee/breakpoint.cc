#include "tracee/breakpoint.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "tracee/ptrace.h"

namespace bygone {

namespace {

constexpr std::byte kInt3{0xcc};

bool may_be_stepped(std::span<const std::byte> code) {
  ZydisDecoder decoder;
  ZydisDecodedInstruction instruction;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, nullptr, code.data(), code.size(), &instruction)))
    return false;
  switch (instruction.meta.category) {
    case ZYDIS_CATEGORY_SYSCALL:
    case ZYDIS_CATEGORY_SYSRET:
    case ZYDIS_CATEGORY_SYSTEM:
    case ZYDIS_CATEGORY_INTERRUPT:
      return false;
    default:
      break;
  }
  switch (instruction.mnemonic) {
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

}  // namespace

std::optional<Breakpoint> Breakpoint::plant(TraceeMemory& memory, Address at) {
  constexpr size_t kLongest = ZYDIS_MAX_INSTRUCTION_LENGTH;
  std::byte code[kLongest];
  size_t size = kLongest;
  if (!memory.read(at, code)) {
    size = std::min<size_t>(kLongest, page_ceil(at + 1) - at);
    if (!memory.read(at, std::span(code).first(size))) return std::nullopt;
  }
  if (!may_be_stepped(std::span(code).first(size))) return std::nullopt;
  Breakpoint breakpoint(memory, at, code[0]);
  if (!breakpoint.plant_again()) return std::nullopt;
  return breakpoint;
}

Breakpoint::Breakpoint(Breakpoint&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)),
      at_(other.at_),
      original_(other.original_),
      planted_(other.planted_) {}

Breakpoint::~Breakpoint() {
  if (memory_ != nullptr) lift();
}

void Breakpoint::lift() {
  if (std::exchange(planted_, false)) memory_->write(at_, std::span(&original_, 1));
}

bool Breakpoint::plant_again() {
  planted_ = planted_ || memory_->write(at_, std::span(&kInt3, 1));
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
