#include "recorder/seccomp_filters.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "recorder/kinship.h"
#include "tracee/remote_calls.h"

namespace bygone {

namespace {

constexpr size_t kWords = sizeof(seccomp_data) / sizeof(uint32_t);
using Data = std::array<uint32_t, kWords>;

Data data_of(const Registers& call) {
  seccomp_data data{};
  data.nr = int(call[Register::orig_rax]);
  data.arch = AUDIT_ARCH_X86_64;
  data.instruction_pointer = call[Register::rip];
  for (int i = 0; i < 6; ++i) data.args[i] = call.argument(i);
  Data words;
  std::memcpy(words.data(), &data, sizeof data);
  return words;
}

std::optional<uint32_t> computed(uint16_t operation, uint32_t a, uint32_t b) {
  switch (operation) {
    case BPF_ADD:
      return a + b;
    case BPF_SUB:
      return a - b;
    case BPF_MUL:
      return a * b;
    case BPF_DIV:
      return a / b;
    case BPF_MOD:
      return a % b;
    case BPF_OR:
      return a | b;
    case BPF_AND:
      return a & b;
    case BPF_XOR:
      return a ^ b;
    case BPF_LSH:
      return a << (b & 31);
    case BPF_RSH:
      return a >> (b & 31);
    case BPF_NEG:
      return -a;
    default:
      return std::nullopt;
  }
}

std::optional<bool> compared(uint16_t operation, uint32_t a, uint32_t b) {
  switch (operation) {
    case BPF_JEQ:
      return a == b;
    case BPF_JGT:
      return a > b;
    case BPF_JGE:
      return a >= b;
    case BPF_JSET:
      return (a & b) != 0;
    default:
      return std::nullopt;
  }
}

// What the kernel takes for the strictest comes first; the order of the values as signed numbers.
int32_t strictness(uint32_t returned) {
  return int32_t(returned & SECCOMP_RET_ACTION_FULL);
}

constexpr uint64_t kNoDescriptor = ~uint64_t{0};
constexpr uint64_t kNoAddress = uint64_t{0xffff8} << 44;
constexpr RemoteCall kHarmless[] = {
    {SYS_getpid, {}},
    {SYS_gettid, {}},
    {SYS_getuid, {}},
    {SYS_sched_yield, {}},
    {SYS_read, {kNoDescriptor, 0, 0}},
    {SYS_write, {kNoDescriptor, 0, 0}},
    {SYS_close, {kNoDescriptor, 0, 0}},
    {SYS_fstat, {kNoDescriptor, 0, 0}},
    {SYS_lseek, {kNoDescriptor, 0, 0}},
    {SYS_munmap, {0, 0, 0}},
    {SYS_brk, {0, 0, 0}},
    {SYS_poll, {0, 0, 0}},
    {SYS_clock_gettime, {0, 0, 0}},
    {SYS_futex, {0, 1, 0}},  // FUTEX_WAKE at address 0
    // For filters that look at descriptors: no program's address, which is found before the file is asked for
    // anything (vfs_write(), fs/read_write.c).
    {SYS_write, {1, kNoAddress, 1}},
    {SYS_write, {2, kNoAddress, 1}},
    {SYS_read, {0, kNoAddress, 1}},
};

}  // namespace

std::optional<uint32_t> run_seccomp_filter(const std::vector<sock_filter>& program, const Registers& call) {
  const Data data = data_of(call);
  std::array<uint32_t, BPF_MEMWORDS> memory{};
  uint32_t a = 0, x = 0;
  for (size_t at = 0; at < program.size(); ++at) {
    const sock_filter& step = program[at];
    const uint32_t operand = BPF_SRC(step.code) == BPF_X ? x : step.k;
    switch (BPF_CLASS(step.code)) {
      case BPF_LD:
      case BPF_LDX: {
        uint32_t& to = BPF_CLASS(step.code) == BPF_LD ? a : x;
        const uint16_t mode = BPF_MODE(step.code);
        if (mode == BPF_IMM)
          to = step.k;
        else if (mode == BPF_LEN)
          to = sizeof(seccomp_data);
        else if (mode == BPF_ABS && step.k % sizeof(uint32_t) == 0 && step.k / sizeof(uint32_t) < kWords)
          to = data[step.k / sizeof(uint32_t)];
        else if (mode == BPF_MEM && step.k < BPF_MEMWORDS)
          to = memory[step.k];
        else
          return std::nullopt;
        break;
      }
      case BPF_ST:
      case BPF_STX:
        if (step.k >= BPF_MEMWORDS) return std::nullopt;
        memory[step.k] = BPF_CLASS(step.code) == BPF_ST ? a : x;
        break;
      case BPF_ALU: {
        const bool divides = BPF_OP(step.code) == BPF_DIV || BPF_OP(step.code) == BPF_MOD;
        if (divides && operand == 0) return 0;  // ends there (kernel/bpf/core.c)
        const auto result = computed(BPF_OP(step.code), a, operand);
        if (!result) return std::nullopt;
        a = *result;
        break;
      }
      case BPF_JMP: {
        if (BPF_OP(step.code) == BPF_JA) {
          at += step.k;
          break;
        }
        const auto holds = compared(BPF_OP(step.code), a, operand);
        if (!holds) return std::nullopt;
        at += *holds ? step.jt : step.jf;
        break;
      }
      case BPF_RET:
        return BPF_RVAL(step.code) == BPF_A ? a : step.k;
      case BPF_MISC:
        (BPF_MISCOP(step.code) == BPF_TAX ? x : a) = BPF_MISCOP(step.code) == BPF_TAX ? a : x;
        break;
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

SuspendedFilters::SuspendedFilters(pid_t tid, const SeccompFilters::Shared& filters, WhenTracerDies when)
    : tid_(tid), when_(when), suspended_(filters && suspend_filters(tid, when) == Outcome::done) {}

SuspendedFilters::~SuspendedFilters() {
  if (suspended_) heed_filters(tid_, when_);
}

SeccompFilters::Shared SeccompFilters::after(const Registers& call, TraceeMemory& memory,
                                             const Shared& older) {
  const bool by_prctl = call[Register::orig_rax] == SYS_prctl;
  const uint64_t operation = by_prctl ? call.argument(1) : call.argument(0);
  std::shared_ptr<SeccompFilters> now(older ? new SeccompFilters(*older) : new SeccompFilters());
  if (operation == (by_prctl ? SECCOMP_MODE_STRICT : SECCOMP_SET_MODE_STRICT)) {
    now->strict_ = true;
    return now;
  }
  sock_fprog header{};
  Program program;
  bool is_known = memory.read_value(Address{call.argument(2)}, header);
  if (is_known) {
    program.resize(header.len);
    is_known = memory.read(Address{reinterpret_cast<uint64_t>(header.filter)},
                           std::as_writable_bytes(std::span(program)));
  }
  if (is_known)
    now->programs_.push_back(std::move(program));
  else
    now->unknown_ = true;
  return now;
}

SeccompFilters::Shared SeccompFilters::of(pid_t tid) {
  const uint64_t mode = seccomp_mode_of(tid);
  if (mode == SECCOMP_MODE_DISABLED) return nullptr;
  std::shared_ptr<SeccompFilters> filters(new SeccompFilters());
  if (mode == SECCOMP_MODE_STRICT) {
    filters->strict_ = true;
    return filters;
  }
  for (uint64_t i = 0;; ++i) {
    Program program(BPF_MAXINSNS);
    errno = 0;
    const long steps = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, reinterpret_cast<void*>(i), program.data());
    if (steps < 0) {
      filters->unknown_ = errno != ENOENT;  // else there are no more
      return filters;
    }
    program.resize(size_t(steps));
    filters->programs_.push_back(std::move(program));
  }
}

SeccompFilters::Answer SeccompFilters::answer(const Registers& call) const {
  const Answer known = answer_of_known(call);
  return unknown_ && known != Answer::is_kept_out ? Answer::unknown : known;
}

SeccompFilters::Answer SeccompFilters::answer_of_known(const Registers& call) const {
  if (strict_) {
    constexpr uint64_t kAllowed[] = {SYS_read, SYS_write, SYS_exit, SYS_rt_sigreturn};  // kernel/seccomp.c
    const bool allowed = std::count(std::begin(kAllowed), std::end(kAllowed), call[Register::orig_rax]) > 0;
    if (!allowed) return Answer::is_kept_out;
  }
  uint32_t strictest = SECCOMP_RET_ALLOW;
  bool is_known = true;
  for (const Program& program : programs_) {
    const auto returned = run_seccomp_filter(program, call);
    if (!returned)
      is_known = false;
    else if (strictness(*returned) < strictness(strictest))
      strictest = *returned;
  }
  switch (strictest & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
      return is_known ? Answer::is_made : Answer::unknown;
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_USER_NOTIF:
      return is_known ? Answer::is_asked : Answer::unknown;
    default:
      return Answer::is_kept_out;
  }
}

bool SeccompFilters::may_ask() const {
  return unknown_ || std::any_of(programs_.begin(), programs_.end(), [](const Program& program) {
           return std::any_of(program.begin(), program.end(), [](const sock_filter& step) {
             if (BPF_CLASS(step.code) != BPF_RET) return false;
             if (BPF_RVAL(step.code) != BPF_K) return true;
             const uint32_t action = step.k & SECCOMP_RET_ACTION_FULL;
             return action == SECCOMP_RET_USER_NOTIF || action == SECCOMP_RET_TRACE;
           });
         });
}

std::optional<Registers> SeccompFilters::harmless(Registers call) const {
  for (const RemoteCall& candidate : kHarmless) {
    call = with_arguments(call, candidate);
    call[Register::orig_rax] = candidate.number;
    if (answer_of_known(call) == Answer::is_made) return call;
  }
  return std::nullopt;
}

}  // namespace bygone
