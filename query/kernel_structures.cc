#include "query/kernel_structures.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstring>

#include "query/flag_names.h"
#include "query/names.h"

namespace bygone::query {
namespace {

constexpr size_t kShownBytes = 32;

template <class T>
T as(std::span<const std::byte> bytes, size_t offset = 0) {
  T value{};
  if (offset < bytes.size())
    std::memcpy(&value, bytes.data() + offset, std::min(sizeof value, bytes.size() - offset));
  return value;
}

std::string mode_text(uint32_t mode) {
  static constexpr std::pair<uint32_t, std::string_view> kTypes[] = {
      {S_IFREG, "S_IFREG"}, {S_IFDIR, "S_IFDIR"}, {S_IFCHR, "S_IFCHR"},  {S_IFBLK, "S_IFBLK"},
      {S_IFLNK, "S_IFLNK"}, {S_IFIFO, "S_IFIFO"}, {S_IFSOCK, "S_IFSOCK"}};
  std::string text;
  for (const auto& [type, name] : kTypes)
    if ((mode & S_IFMT) == type) text = fmt::format("{}|", name);
  if ((mode & S_ISUID) != 0) text += "S_ISUID|";
  if ((mode & S_ISGID) != 0) text += "S_ISGID|";
  if ((mode & S_ISVTX) != 0) text += "S_ISVTX|";
  return text + fmt::format("0{:o}", mode & 0777);
}

std::string stat_text(std::span<const std::byte> bytes) {
  const auto stat = as<struct ::stat>(bytes);
  const std::string mode = mode_text(stat.st_mode);
  if (S_ISCHR(stat.st_mode) || S_ISBLK(stat.st_mode))
    return fmt::format("{{st_mode={}, st_rdev=makedev({:#x}, {:#x}), ...}}", mode, major(stat.st_rdev),
                       minor(stat.st_rdev));
  return fmt::format("{{st_mode={}, st_size={}, ...}}", mode, stat.st_size);
}

std::string statx_text(std::span<const std::byte> bytes) {
  return fmt::format("{{stx_mask={}, stx_attributes={}, stx_mode={}, stx_size={}, ...}}",
                     flag_text("statxmask", as<uint32_t>(bytes)).value_or(""),
                     as<uint64_t>(bytes, 8) == 0 ? "0" : hex_text(as<uint64_t>(bytes, 8)),
                     mode_text(as<uint16_t>(bytes, 28)), as<uint64_t>(bytes, 40));
}

// struct clone_args of clone3(2); its flags are 64 bits, and without the signal.
std::string clone_args_text(std::span<const std::byte> bytes) {
  const auto field = [&](size_t i) { return as<uint64_t>(bytes, i * 8); };
  return fmt::format(
      "{{flags={}, child_tid={}, parent_tid={}, exit_signal={}, stack={}, stack_size={:#x}{}}}",
      flag_text("clone", field(0)).value_or(""), hex_text(field(2)), hex_text(field(3)),
      field(4) == 0 ? "0" : signal_text(int64_t(field(4))), hex_text(field(5)), field(6),
      field(7) == 0 ? "" : fmt::format(", tls={}", hex_text(field(7))));
}

std::string timespec_text(std::span<const std::byte> bytes) {
  return fmt::format("{{tv_sec={}, tv_nsec={}}}", as<int64_t>(bytes), as<int64_t>(bytes, 8));
}
std::string timeval_text(std::span<const std::byte> bytes) {
  return fmt::format("{{tv_sec={}, tv_usec={}}}", as<int64_t>(bytes), as<int64_t>(bytes, 8));
}

// Signals 32 and up are real-time ones: RTMIN, RT_1, ...
std::string short_signal(int number) {
  if (number == 32) return "RTMIN";
  if (number > 32) return fmt::format("RT_{}", number - 32);
  return signal_text(number).substr(3);
}

// Where most are in it those that are not are named.
std::string sigset_text(std::span<const std::byte> bytes) {
  uint64_t set = as<uint64_t>(bytes);
  const bool most = std::popcount(set) >= 43;
  if (most) set = ~set;
  std::string names;
  for (int number = 1; number <= 64; ++number)
    if ((set >> (number - 1) & 1) != 0)
      names += fmt::format("{}{}", names.empty() ? "" : " ", short_signal(number));
  return fmt::format("{}[{}]", most ? "~" : "", names);
}

std::string sigaction_text(std::span<const std::byte> bytes) {
  static constexpr std::pair<uint64_t, std::string_view> kFlags[] = {
      {0x04000000, "SA_RESTORER"}, {0x08000000, "SA_ONSTACK"},   {0x10000000, "SA_RESTART"},
      {0x40000000, "SA_NODEFER"},  {0x80000000, "SA_RESETHAND"}, {4, "SA_SIGINFO"},
      {1, "SA_NOCLDSTOP"},         {2, "SA_NOCLDWAIT"}};
  const auto handler = as<uint64_t>(bytes);
  const auto flags = as<uint64_t>(bytes, 8);
  std::string names;
  for (const auto& [flag, name] : kFlags)
    if ((flags & flag) != 0) names += fmt::format("{}{}", names.empty() ? "" : "|", name);
  const std::string who = handler == 0 ? "SIG_DFL" : handler == 1 ? "SIG_IGN" : hex_text(handler);
  const std::string restorer =
      (flags & 0x04000000) != 0 ? fmt::format(", sa_restorer={}", hex_text(as<uint64_t>(bytes, 16))) : "";
  return fmt::format("{{sa_handler={}, sa_mask={}, sa_flags={}{}}}", who, sigset_text(bytes.subspan(24)),
                     names.empty() ? "0" : names, restorer);
}

std::string limit_text(uint64_t limit) {
  if (limit == RLIM_INFINITY) return "RLIM64_INFINITY";
  return limit > 1024 && limit % 1024 == 0 ? fmt::format("{}*1024", limit / 1024) : fmt::format("{}", limit);
}
std::string rlimit_text(std::span<const std::byte> bytes) {
  return fmt::format("{{rlim_cur={}, rlim_max={}}}", limit_text(as<uint64_t>(bytes)),
                     limit_text(as<uint64_t>(bytes, 8)));
}

std::string fds_text(std::span<const std::byte> bytes) {
  return fmt::format("[{}, {}]", as<int32_t>(bytes), as<int32_t>(bytes, 4));
}

std::string wait_status_text(std::span<const std::byte> bytes) {
  const auto status = as<int32_t>(bytes);
  if (WIFEXITED(status))
    return fmt::format("[{{WIFEXITED(s) && WEXITSTATUS(s) == {}}}]", WEXITSTATUS(status));
  if (WIFSIGNALED(status))
    return fmt::format("[{{WIFSIGNALED(s) && WTERMSIG(s) == {}{}}}]", signal_text(WTERMSIG(status)),
                       WCOREDUMP(status) ? " && WCOREDUMP(s)" : "");
  if (WIFSTOPPED(status))
    return fmt::format("[{{WIFSTOPPED(s) && WSTOPSIG(s) == {}}}]", signal_text(WSTOPSIG(status)));
  return fmt::format("[{:#x}]", uint32_t(status));
}

std::string uname_text(std::span<const std::byte> bytes) {
  auto name = as<utsname>(bytes);
  name.sysname[sizeof name.sysname - 1] = name.nodename[sizeof name.nodename - 1] = '\0';
  return fmt::format("{{sysname={}, nodename={}, ...}}", quoted_whole(name.sysname),
                     quoted_whole(name.nodename));
}

std::string escaped(std::string_view bytes) {
  std::string text = "\"";
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    const bool digit_follows = i + 1 < bytes.size() && bytes[i + 1] >= '0' && bytes[i + 1] <= '9';
    constexpr std::string_view kNamed = "\t\n\v\f\r\"\\";
    if (const size_t at = kNamed.find(char(c)); at != std::string_view::npos && c != 0)
      text += fmt::format("\\{}", "tnvfr\"\\"[at]);
    else if (c >= 0x20 && c < 0x7f)
      text += char(c);
    else
      text += digit_follows ? fmt::format("\\{:03o}", c) : fmt::format("\\{:o}", c);
  }
  return text + "\"";
}

std::string code_text(int32_t signal, int32_t code) {
  static constexpr std::pair<int32_t, std::string_view> kAny[] = {
      {SI_USER, "SI_USER"},   {SI_KERNEL, "SI_KERNEL"}, {SI_QUEUE, "SI_QUEUE"}, {SI_TIMER, "SI_TIMER"},
      {SI_TKILL, "SI_TKILL"}, {SI_MESGQ, "SI_MESGQ"},   {SI_SIGIO, "SI_SIGIO"}};
  for (const auto& [value, name] : kAny)
    if (value == code) return std::string(name);
  static constexpr std::string_view kChild[] = {"CLD_EXITED",  "CLD_KILLED",  "CLD_DUMPED",
                                                "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"};
  static constexpr std::string_view kSegment[] = {"SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR"};
  static constexpr std::string_view kBus[] = {"BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR"};
  static constexpr std::string_view kIllegal[] = {"ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP",
                                                  "ILL_PRVOPC", "ILL_PRVREG", "ILL_COPROC", "ILL_BADSTK"};
  static constexpr std::string_view kFloat[] = {"FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF",
                                                "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV", "FPE_FLTSUB"};
  static constexpr std::string_view kTrap[] = {"TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT"};
  std::span<const std::string_view> names;
  if (signal == SIGCHLD) names = kChild;
  if (signal == SIGSEGV) names = kSegment;
  if (signal == SIGBUS) names = kBus;
  if (signal == SIGILL) names = kIllegal;
  if (signal == SIGFPE) names = kFloat;
  if (signal == SIGTRAP) names = kTrap;
  if (code >= 1 && size_t(code) <= names.size()) return std::string(names[size_t(code) - 1]);
  return fmt::format("{}", code);
}

}  // namespace

std::string quoted_whole(std::string_view bytes) {
  return escaped(bytes);
}

std::string quoted_bytes(std::string_view bytes) {
  return escaped(bytes.substr(0, kShownBytes)) + (bytes.size() > kShownBytes ? "..." : "");
}

std::optional<KernelStructure> kernel_structure(std::string_view kind) {
  static constexpr std::pair<std::string_view, KernelStructure> kStructures[] = {
      {"stat", {sizeof(struct ::stat), stat_text}},
      {"statx", {256, statx_text}},
      {"clone_args", {64, clone_args_text}},
      {"timespec", {16, timespec_text}},
      {"timeval", {16, timeval_text}},
      {"sigset", {8, sigset_text}},
      {"sigaction", {32, sigaction_text}},
      {"rlimit", {16, rlimit_text}},
      {"fds", {8, fds_text}},
      {"status", {4, wait_status_text}},
      {"uname", {sizeof(utsname), uname_text}}};
  for (const auto& [name, structure] : kStructures)
    if (name == kind) return structure;
  return std::nullopt;
}

std::string sockaddr_text(std::span<const std::byte> bytes) {
  const auto family = as<sa_family_t>(bytes);
  const std::string name = flag_text("family", family).value_or("");
  char address[INET6_ADDRSTRLEN] = "";
  if (family == AF_UNIX) {
    const auto path_bytes = bytes.size() > 2 ? bytes.subspan(2) : bytes.subspan(bytes.size());
    std::string_view path(reinterpret_cast<const char*>(path_bytes.data()), path_bytes.size());
    if (path.empty()) return fmt::format("{{sa_family={}}}", name);
    const bool is_abstract = path.front() == '\0';
    path = is_abstract ? path.substr(1) : path.substr(0, path.find('\0'));
    return fmt::format("{{sa_family={}, sun_path={}{}}}", name, is_abstract ? "@" : "", quoted_whole(path));
  }
  if (family == AF_INET) {
    const auto in = as<sockaddr_in>(bytes);
    inet_ntop(AF_INET, &in.sin_addr, address, sizeof address);
    return fmt::format("{{sa_family={}, sin_port=htons({}), sin_addr=inet_addr(\"{}\")}}", name,
                       ntohs(in.sin_port), address);
  }
  if (family == AF_INET6) {
    const auto in = as<sockaddr_in6>(bytes);
    inet_ntop(AF_INET6, &in.sin6_addr, address, sizeof address);
    return fmt::format(
        "{{sa_family={}, sin6_port=htons({}), sin6_flowinfo=htonl({}), inet_pton(AF_INET6, \"{}\", "
        "&sin6_addr), sin6_scope_id={}}}",
        name, ntohs(in.sin6_port), ntohl(in.sin6_flowinfo), address, in.sin6_scope_id);
  }
  if (family == AF_NETLINK) {
    const auto link = as<sockaddr_nl>(bytes);
    return fmt::format("{{sa_family={}, nl_pid={}, nl_groups={:08x}}}", name, link.nl_pid, link.nl_groups);
  }
  const auto data = bytes.size() > 2 ? bytes.subspan(2) : bytes.subspan(bytes.size());
  return fmt::format("{{sa_family={}, sa_data={}}}", name,
                     quoted_bytes({reinterpret_cast<const char*>(data.data()), data.size()}));
}

std::string siginfo_text(int32_t signal, int32_t code, std::span<const std::byte> siginfo) {
  std::string text = fmt::format("{{si_signo={}, si_code={}", signal_text(signal), code_text(signal, code));
  if (siginfo.size() >= sizeof(siginfo_t)) {
    const auto info = as<siginfo_t>(siginfo);
    const bool of_instruction =
        code > 0 && code != SI_KERNEL &&
        (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE || signal == SIGTRAP);
    const auto address = reinterpret_cast<uintptr_t>(info.si_addr);
    if (of_instruction) {
      text += fmt::format(", si_addr={}", address == 0 ? "NULL" : hex_text(address));
    } else if (signal == SIGCHLD && code > 0 && code != SI_KERNEL) {
      const bool exited = code == CLD_EXITED;
      text +=
          fmt::format(", si_pid={}, si_uid={}, si_status={}, si_utime={}, si_stime={}", info.si_pid,
                      info.si_uid, exited ? fmt::format("{}", info.si_status) : signal_text(info.si_status),
                      info.si_utime, info.si_stime);
    } else if (code == SI_USER || code == SI_TKILL || code == SI_QUEUE) {
      text += fmt::format(", si_pid={}, si_uid={}", info.si_pid, info.si_uid);
    }
  }
  return text + "}";
}

std::string pollfds_text(std::span<const std::byte> bytes, PollPart part) {
  static constexpr std::pair<int16_t, std::string_view> kEvents[] = {
      {POLLIN, "POLLIN"},   {POLLPRI, "POLLPRI"}, {POLLOUT, "POLLOUT"},
      {POLLERR, "POLLERR"}, {POLLHUP, "POLLHUP"}, {POLLNVAL, "POLLNVAL"}};
  std::string text;
  for (size_t at = 0; at + sizeof(pollfd) <= bytes.size(); at += sizeof(pollfd)) {
    const auto entry = as<pollfd>(bytes, at);
    const int16_t events = part == PollPart::events ? entry.events : entry.revents;
    if (part == PollPart::revents && events == 0) continue;
    std::string names;
    for (const auto& [event, name] : kEvents)
      if ((events & event) != 0) names += fmt::format("{}{}", names.empty() ? "" : "|", name);
    text += fmt::format("{}{{fd={}, {}={}}}", text.empty() ? "" : ", ", entry.fd,
                        part == PollPart::events ? "events" : "revents", names.empty() ? "0" : names);
  }
  return "[" + text + "]";
}

}  // namespace bygone::query
