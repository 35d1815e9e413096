#include "query/call_signatures.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <utility>

#include "query/names.h"

namespace bygone::query {
namespace {

constexpr std::pair<std::string_view, std::string_view> kSignatures[] = {{"access", "po"},
                                                                         {"arch_prctl", "xp"},
                                                                         {"bind", "dpu"},
                                                                         {"brk", "p"},
                                                                         {"chdir", "p"},
                                                                         {"chmod", "po"},
                                                                         {"chown", "pii"},
                                                                         {"clock_gettime", "ip"},
                                                                         {"clock_nanosleep", "ixpp"},
                                                                         {"clone", "xpppp"},
                                                                         {"clone3", "pu"},
                                                                         {"close", "d"},
                                                                         {"close_range", "uux"},
                                                                         {"connect", "dpu"},
                                                                         {"dup", "d"},
                                                                         {"dup2", "dd"},
                                                                         {"dup3", "ddx"},
                                                                         {"epoll_create1", "x"},
                                                                         {"epoll_ctl", "didp"},
                                                                         {"epoll_wait", "dpii"},
                                                                         {"execve", "ppp"},
                                                                         {"execveat", "dpppx"},
                                                                         {"exit", "i"},
                                                                         {"exit_group", "i"},
                                                                         {"faccessat", "dpo"},
                                                                         {"faccessat2", "dpox"},
                                                                         {"fadvise64", "duui"},
                                                                         {"fchdir", "d"},
                                                                         {"fchmod", "do"},
                                                                         {"fcntl", "dix"},
                                                                         {"fork", ""},
                                                                         {"fstat", "dp"},
                                                                         {"fsync", "d"},
                                                                         {"ftruncate", "du"},
                                                                         {"futex", "pxuppu"},
                                                                         {"getcwd", "pu"},
                                                                         {"getdents64", "dpu"},
                                                                         {"getegid", ""},
                                                                         {"geteuid", ""},
                                                                         {"getgid", ""},
                                                                         {"getpeername", "dpp"},
                                                                         {"getpgid", "i"},
                                                                         {"getpgrp", ""},
                                                                         {"getpid", ""},
                                                                         {"getppid", ""},
                                                                         {"getrandom", "pux"},
                                                                         {"getresuid", "ppp"},
                                                                         {"getrlimit", "ip"},
                                                                         {"getrusage", "ip"},
                                                                         {"getsockname", "dpp"},
                                                                         {"getsockopt", "diipp"},
                                                                         {"gettid", ""},
                                                                         {"gettimeofday", "pp"},
                                                                         {"getuid", ""},
                                                                         {"getxattr", "pppu"},
                                                                         {"ioctl", "dxp"},
                                                                         {"kill", "is"},
                                                                         {"lgetxattr", "pppu"},
                                                                         {"link", "pp"},
                                                                         {"listen", "di"},
                                                                         {"lseek", "dii"},
                                                                         {"lstat", "pp"},
                                                                         {"madvise", "pui"},
                                                                         {"mkdir", "po"},
                                                                         {"mmap", "puxxdx"},
                                                                         {"mprotect", "pux"},
                                                                         {"mremap", "puuxp"},
                                                                         {"munmap", "pu"},
                                                                         {"nanosleep", "pp"},
                                                                         {"newfstatat", "dppx"},
                                                                         {"open", "pxo"},
                                                                         {"openat", "dpxo"},
                                                                         {"pipe", "p"},
                                                                         {"pipe2", "px"},
                                                                         {"poll", "pui"},
                                                                         {"ppoll", "puppu"},
                                                                         {"prctl", "ixxxx"},
                                                                         {"pread64", "dpuu"},
                                                                         {"prlimit64", "iipp"},
                                                                         {"pselect6", "ippppp"},
                                                                         {"pwrite64", "dpuu"},
                                                                         {"read", "dpu"},
                                                                         {"readlink", "ppu"},
                                                                         {"readlinkat", "dppu"},
                                                                         {"readv", "dpu"},
                                                                         {"recvfrom", "dpuxpp"},
                                                                         {"recvmsg", "dpx"},
                                                                         {"rename", "pp"},
                                                                         {"renameat2", "dpdpx"},
                                                                         {"rmdir", "p"},
                                                                         {"rseq", "puxx"},
                                                                         {"rt_sigaction", "sppu"},
                                                                         {"rt_sigprocmask", "ippu"},
                                                                         {"rt_sigreturn", ""},
                                                                         {"rt_sigsuspend", "pu"},
                                                                         {"rt_sigtimedwait", "pppu"},
                                                                         {"sched_getaffinity", "iup"},
                                                                         {"sched_yield", ""},
                                                                         {"select", "ipppp"},
                                                                         {"sendfile", "ddpu"},
                                                                         {"sendmsg", "dpx"},
                                                                         {"sendto", "dpuxpu"},
                                                                         {"set_robust_list", "pu"},
                                                                         {"set_tid_address", "p"},
                                                                         {"setpgid", "ii"},
                                                                         {"setsid", ""},
                                                                         {"setsockopt", "diipu"},
                                                                         {"shutdown", "di"},
                                                                         {"sigaltstack", "pp"},
                                                                         {"socket", "ixi"},
                                                                         {"socketpair", "ixip"},
                                                                         {"stat", "pp"},
                                                                         {"statfs", "pp"},
                                                                         {"statx", "dpxxp"},
                                                                         {"symlink", "pp"},
                                                                         {"sysinfo", "p"},
                                                                         {"tgkill", "iis"},
                                                                         {"truncate", "pu"},
                                                                         {"umask", "o"},
                                                                         {"uname", "p"},
                                                                         {"unlink", "p"},
                                                                         {"unlinkat", "dpx"},
                                                                         {"utimensat", "dppx"},
                                                                         {"vfork", ""},
                                                                         {"wait4", "ipxp"},
                                                                         {"waitid", "iipxp"},
                                                                         {"write", "dpu"},
                                                                         {"writev", "dpu"}};

}  // namespace

std::optional<std::string_view> call_signature(std::string_view name) {
  for (const auto& [candidate, signature] : kSignatures)
    if (candidate == name) return signature;
  return std::nullopt;
}

std::string argument_text(char kind, uint64_t value) {
  switch (kind) {
    case 'd':
      return int32_t(value) == AT_FDCWD ? "AT_FDCWD" : fmt::format("{}", int32_t(value));
    case 'i':
      return fmt::format("{}", int64_t(value) == int32_t(value) ? int64_t(value) : int64_t(int32_t(value)));
    case 'u':
      return fmt::format("{}", value);
    case 'o':
      return fmt::format("0{:o}", uint32_t(value) & 07777);
    case 's':
      return value == 0 ? "0" : signal_text(int64_t(value));
    case 'p':
      return value == 0 ? "NULL" : hex_text(value);
    default:
      return hex_text(value);
  }
}

}  // namespace bygone::query
