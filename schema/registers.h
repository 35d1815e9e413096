#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace bygone {

// General registers in the order of struct user_regs_struct (sys/user.h), so that one copy converts either
// way.
enum class Register : uint8_t {
  r15,
  r14,
  r13,
  r12,
  rbp,
  rbx,
  r11,
  r10,
  r9,
  r8,
  rax,
  rcx,
  rdx,
  rsi,
  rdi,
  orig_rax,
  rip,
  cs,
  eflags,
  rsp,
  ss,
  fs_base,
  gs_base,
  ds,
  es,
  fs,
  gs,
};
inline constexpr size_t kRegisterCount = 27;

inline constexpr std::array<std::string_view, kRegisterCount> kRegisterNames = {
    "r15",    "r14", "r13", "r12",     "rbp",     "rbx", "r11",      "r10", "r9",
    "r8",     "rax", "rcx", "rdx",     "rsi",     "rdi", "orig_rax", "rip", "cs",
    "eflags", "rsp", "ss",  "fs_base", "gs_base", "ds",  "es",       "fs",  "gs"};

struct Registers {
  std::array<uint64_t, kRegisterCount> values{};

  constexpr uint64_t& operator[](Register r) { return values[static_cast<size_t>(r)]; }
  constexpr uint64_t operator[](Register r) const { return values[static_cast<size_t>(r)]; }
  constexpr bool operator==(const Registers&) const = default;

  // The i-th argument of a system call (syscall(2)): rdi, rsi, rdx, r10, r8, r9.
  constexpr uint64_t argument(size_t i) const {
    constexpr Register kArguments[] = {Register::rdi, Register::rsi, Register::rdx,
                                       Register::r10, Register::r8,  Register::r9};
    return (*this)[kArguments[i]];
  }
};
static_assert(sizeof(Registers) == kRegisterCount * sizeof(uint64_t));

}  // namespace bygone
