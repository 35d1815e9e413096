#include "query/flag_names.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <iterator>
#include <span>

namespace bygone::query {
namespace {

struct Name {
  uint64_t value;
  std::string_view text;
};

// The macro and what it stands for.
#define BYGONE_NAME(macro)  \
  Name {                    \
    uint64_t(macro), #macro \
  }

// glibc gives O_LARGEFILE the value 0 here, the kernel has it.
constexpr uint64_t kKernelLargeFile = 0100000;
constexpr uint64_t kTemporaryFile = 020000000;

constexpr Name kOpen[] = {
    BYGONE_NAME(O_CREAT),
    BYGONE_NAME(O_EXCL),
    BYGONE_NAME(O_NOCTTY),
    BYGONE_NAME(O_TRUNC),
    BYGONE_NAME(O_APPEND),
    BYGONE_NAME(O_NONBLOCK),
    BYGONE_NAME(O_SYNC),
    BYGONE_NAME(O_DSYNC),
    BYGONE_NAME(O_ASYNC),
    BYGONE_NAME(O_DIRECT),
    BYGONE_NAME(O_NOFOLLOW),
    BYGONE_NAME(O_NOATIME),
    BYGONE_NAME(O_CLOEXEC),
    BYGONE_NAME(O_PATH),
    {kTemporaryFile | O_DIRECTORY, "O_TMPFILE"},
    BYGONE_NAME(O_DIRECTORY),
    {kKernelLargeFile, "O_LARGEFILE"},
};
constexpr Name kAccessModes[] = {BYGONE_NAME(O_RDONLY), BYGONE_NAME(O_WRONLY), BYGONE_NAME(O_RDWR)};
constexpr Name kProtection[] = {BYGONE_NAME(PROT_READ), BYGONE_NAME(PROT_WRITE), BYGONE_NAME(PROT_EXEC),
                                BYGONE_NAME(PROT_GROWSDOWN), BYGONE_NAME(PROT_GROWSUP)};
constexpr Name kMapTypes[] = {BYGONE_NAME(MAP_SHARED), BYGONE_NAME(MAP_PRIVATE),
                              BYGONE_NAME(MAP_SHARED_VALIDATE)};
constexpr Name kMap[] = {
    BYGONE_NAME(MAP_FIXED),     BYGONE_NAME(MAP_ANONYMOUS), BYGONE_NAME(MAP_GROWSDOWN),
    BYGONE_NAME(MAP_DENYWRITE), BYGONE_NAME(MAP_LOCKED),    BYGONE_NAME(MAP_NORESERVE),
    BYGONE_NAME(MAP_POPULATE),  BYGONE_NAME(MAP_NONBLOCK),  BYGONE_NAME(MAP_STACK),
    BYGONE_NAME(MAP_HUGETLB),   {0x40, "MAP_32BIT"},        {0x100000, "MAP_FIXED_NOREPLACE"},
};
constexpr Name kMremap[] = {BYGONE_NAME(MREMAP_MAYMOVE), BYGONE_NAME(MREMAP_FIXED), {4, "MREMAP_DONTUNMAP"}};
constexpr Name kAccess[] = {BYGONE_NAME(R_OK), BYGONE_NAME(W_OK), BYGONE_NAME(X_OK)};
constexpr Name kAt[] = {{0x100, "AT_SYMLINK_NOFOLLOW"},  {0x400, "AT_SYMLINK_FOLLOW"},
                        {0x800, "AT_NO_AUTOMOUNT"},      {0x1000, "AT_EMPTY_PATH"},
                        {0x2000, "AT_STATX_FORCE_SYNC"}, {0x4000, "AT_STATX_DONT_SYNC"}};
// One bit has a meaning of its own in each of these.
constexpr Name kUnlink[] = {{0x200, "AT_REMOVEDIR"}};
constexpr Name kEffectiveAccess[] = {{0x100, "AT_SYMLINK_NOFOLLOW"}, {0x200, "AT_EACCESS"}};
constexpr Name kStatx[] = {{0x7ff, "STATX_BASIC_STATS"}, {0x1, "STATX_TYPE"},     {0x2, "STATX_MODE"},
                           {0x4, "STATX_NLINK"},         {0x8, "STATX_UID"},      {0x10, "STATX_GID"},
                           {0x20, "STATX_ATIME"},        {0x40, "STATX_MTIME"},   {0x80, "STATX_CTIME"},
                           {0x100, "STATX_INO"},         {0x200, "STATX_SIZE"},   {0x400, "STATX_BLOCKS"},
                           {0x800, "STATX_BTIME"},       {0x1000, "STATX_MNT_ID"}};
constexpr Name kClone[] = {
    BYGONE_NAME(CLONE_VM),
    BYGONE_NAME(CLONE_FS),
    BYGONE_NAME(CLONE_FILES),
    BYGONE_NAME(CLONE_SIGHAND),
    BYGONE_NAME(CLONE_PTRACE),
    BYGONE_NAME(CLONE_VFORK),
    BYGONE_NAME(CLONE_PARENT),
    BYGONE_NAME(CLONE_THREAD),
    BYGONE_NAME(CLONE_NEWNS),
    BYGONE_NAME(CLONE_SYSVSEM),
    BYGONE_NAME(CLONE_SETTLS),
    BYGONE_NAME(CLONE_PARENT_SETTID),
    BYGONE_NAME(CLONE_CHILD_CLEARTID),
    BYGONE_NAME(CLONE_DETACHED),
    BYGONE_NAME(CLONE_UNTRACED),
    BYGONE_NAME(CLONE_CHILD_SETTID),
    BYGONE_NAME(CLONE_NEWCGROUP),
    BYGONE_NAME(CLONE_NEWUTS),
    BYGONE_NAME(CLONE_NEWIPC),
    BYGONE_NAME(CLONE_NEWUSER),
    BYGONE_NAME(CLONE_NEWPID),
    BYGONE_NAME(CLONE_NEWNET),
    BYGONE_NAME(CLONE_IO),
};
constexpr Name kWait[] = {BYGONE_NAME(WNOHANG),
                          {WUNTRACED, "WSTOPPED"},
                          BYGONE_NAME(WEXITED),
                          BYGONE_NAME(WCONTINUED),
                          BYGONE_NAME(WNOWAIT)};
constexpr Name kMessages[] = {
    BYGONE_NAME(MSG_OOB),
    BYGONE_NAME(MSG_PEEK),
    BYGONE_NAME(MSG_DONTROUTE),
    BYGONE_NAME(MSG_TRUNC),
    BYGONE_NAME(MSG_DONTWAIT),
    BYGONE_NAME(MSG_EOR),
    BYGONE_NAME(MSG_WAITALL),
    BYGONE_NAME(MSG_NOSIGNAL),
    BYGONE_NAME(MSG_MORE),
    BYGONE_NAME(MSG_ERRQUEUE),
    {0x40000000, "MSG_CMSG_CLOEXEC"},
};
constexpr Name kRandom[] = {{1, "GRND_NONBLOCK"}, {2, "GRND_RANDOM"}, {4, "GRND_INSECURE"}};
constexpr Name kCloseOnExec[] = {BYGONE_NAME(O_CLOEXEC), BYGONE_NAME(O_NONBLOCK), BYGONE_NAME(O_DIRECT)};
constexpr Name kLocks[] = {BYGONE_NAME(LOCK_SH), BYGONE_NAME(LOCK_EX), BYGONE_NAME(LOCK_NB),
                           BYGONE_NAME(LOCK_UN)};
constexpr Name kFdFlags[] = {{1, "FD_CLOEXEC"}};
constexpr Name kTimer[] = {BYGONE_NAME(TIMER_ABSTIME)};

constexpr Name kSocketTypes[] = {BYGONE_NAME(SOCK_STREAM), BYGONE_NAME(SOCK_DGRAM), BYGONE_NAME(SOCK_RAW),
                                 BYGONE_NAME(SOCK_SEQPACKET)};
constexpr Name kSocketFlags[] = {BYGONE_NAME(SOCK_CLOEXEC), BYGONE_NAME(SOCK_NONBLOCK)};
constexpr Name kFutexCommands[] = {BYGONE_NAME(FUTEX_WAIT),
                                   BYGONE_NAME(FUTEX_WAKE),
                                   BYGONE_NAME(FUTEX_REQUEUE),
                                   BYGONE_NAME(FUTEX_CMP_REQUEUE),
                                   BYGONE_NAME(FUTEX_WAKE_OP),
                                   BYGONE_NAME(FUTEX_LOCK_PI),
                                   BYGONE_NAME(FUTEX_UNLOCK_PI),
                                   BYGONE_NAME(FUTEX_TRYLOCK_PI),
                                   BYGONE_NAME(FUTEX_WAIT_BITSET),
                                   BYGONE_NAME(FUTEX_WAKE_BITSET),
                                   BYGONE_NAME(FUTEX_WAIT_REQUEUE_PI),
                                   BYGONE_NAME(FUTEX_CMP_REQUEUE_PI)};

constexpr Name kArch[] = {BYGONE_NAME(ARCH_SET_GS),    BYGONE_NAME(ARCH_SET_FS),
                          BYGONE_NAME(ARCH_GET_FS),    BYGONE_NAME(ARCH_GET_GS),
                          BYGONE_NAME(ARCH_GET_CPUID), BYGONE_NAME(ARCH_SET_CPUID),
                          {0x3001, "ARCH_CET_STATUS"}};
constexpr Name kClocks[] = {BYGONE_NAME(CLOCK_REALTIME),           BYGONE_NAME(CLOCK_MONOTONIC),
                            BYGONE_NAME(CLOCK_PROCESS_CPUTIME_ID), BYGONE_NAME(CLOCK_THREAD_CPUTIME_ID),
                            BYGONE_NAME(CLOCK_MONOTONIC_RAW),      BYGONE_NAME(CLOCK_REALTIME_COARSE),
                            BYGONE_NAME(CLOCK_MONOTONIC_COARSE),   BYGONE_NAME(CLOCK_BOOTTIME)};
constexpr Name kWhence[] = {
    BYGONE_NAME(SEEK_SET), BYGONE_NAME(SEEK_CUR), BYGONE_NAME(SEEK_END), {3, "SEEK_DATA"}, {4, "SEEK_HOLE"}};
constexpr Name kAdvice[] = {
    BYGONE_NAME(MADV_NORMAL),    BYGONE_NAME(MADV_RANDOM),     BYGONE_NAME(MADV_SEQUENTIAL),
    BYGONE_NAME(MADV_WILLNEED),  BYGONE_NAME(MADV_DONTNEED),   BYGONE_NAME(MADV_FREE),
    BYGONE_NAME(MADV_REMOVE),    BYGONE_NAME(MADV_DONTFORK),   BYGONE_NAME(MADV_DOFORK),
    BYGONE_NAME(MADV_MERGEABLE), BYGONE_NAME(MADV_HUGEPAGE),   BYGONE_NAME(MADV_NOHUGEPAGE),
    BYGONE_NAME(MADV_DONTDUMP),  BYGONE_NAME(MADV_WIPEONFORK),
};
constexpr Name kFileAdvice[] = {{0, "POSIX_FADV_NORMAL"},     {1, "POSIX_FADV_RANDOM"},
                                {2, "POSIX_FADV_SEQUENTIAL"}, {3, "POSIX_FADV_WILLNEED"},
                                {4, "POSIX_FADV_DONTNEED"},   {5, "POSIX_FADV_NOREUSE"}};
constexpr Name kHow[] = {BYGONE_NAME(SIG_BLOCK), BYGONE_NAME(SIG_UNBLOCK), BYGONE_NAME(SIG_SETMASK)};
constexpr Name kResources[] = {
    BYGONE_NAME(RLIMIT_CPU),      BYGONE_NAME(RLIMIT_FSIZE),  BYGONE_NAME(RLIMIT_DATA),
    BYGONE_NAME(RLIMIT_STACK),    BYGONE_NAME(RLIMIT_CORE),   BYGONE_NAME(RLIMIT_RSS),
    BYGONE_NAME(RLIMIT_NPROC),    BYGONE_NAME(RLIMIT_NOFILE), BYGONE_NAME(RLIMIT_MEMLOCK),
    BYGONE_NAME(RLIMIT_AS),       BYGONE_NAME(RLIMIT_LOCKS),  BYGONE_NAME(RLIMIT_SIGPENDING),
    BYGONE_NAME(RLIMIT_MSGQUEUE), BYGONE_NAME(RLIMIT_NICE),   BYGONE_NAME(RLIMIT_RTPRIO),
    BYGONE_NAME(RLIMIT_RTTIME),
};
constexpr Name kUsage[] = {BYGONE_NAME(RUSAGE_SELF), BYGONE_NAME(RUSAGE_CHILDREN),
                           BYGONE_NAME(RUSAGE_THREAD)};
constexpr Name kFamilies[] = {BYGONE_NAME(AF_UNSPEC), BYGONE_NAME(AF_UNIX),    BYGONE_NAME(AF_INET),
                              BYGONE_NAME(AF_INET6),  BYGONE_NAME(AF_NETLINK), BYGONE_NAME(AF_PACKET)};
constexpr Name kLevels[] = {
    BYGONE_NAME(SOL_SOCKET), {0, "SOL_IP"}, {6, "SOL_TCP"}, {17, "SOL_UDP"}, {41, "SOL_IPV6"}};
constexpr Name kShutdown[] = {BYGONE_NAME(SHUT_RD), BYGONE_NAME(SHUT_WR), BYGONE_NAME(SHUT_RDWR)};
constexpr Name kEpoll[] = {BYGONE_NAME(EPOLL_CTL_ADD), BYGONE_NAME(EPOLL_CTL_DEL),
                           BYGONE_NAME(EPOLL_CTL_MOD)};
constexpr Name kFcntl[] = {
    BYGONE_NAME(F_DUPFD),   BYGONE_NAME(F_GETFD),   BYGONE_NAME(F_SETFD),
    BYGONE_NAME(F_GETFL),   BYGONE_NAME(F_SETFL),   {5, "F_GETLK"},
    {6, "F_SETLK"},         {7, "F_SETLKW"},        BYGONE_NAME(F_SETOWN),
    BYGONE_NAME(F_GETOWN),  {36, "F_OFD_GETLK"},    {37, "F_OFD_SETLK"},
    {38, "F_OFD_SETLKW"},   {1024, "F_SETLEASE"},   {1030, "F_DUPFD_CLOEXEC"},
    {1031, "F_SETPIPE_SZ"}, {1032, "F_GETPIPE_SZ"}, {1033, "F_ADD_SEALS"},
    {1034, "F_GET_SEALS"},
};
constexpr Name kIoctl[] = {BYGONE_NAME(TCGETS),     BYGONE_NAME(TCSETS),     BYGONE_NAME(TCSETSW),
                           BYGONE_NAME(TIOCGPGRP),  BYGONE_NAME(TIOCSPGRP),  BYGONE_NAME(TIOCGWINSZ),
                           BYGONE_NAME(TIOCSWINSZ), BYGONE_NAME(FIONREAD),   BYGONE_NAME(FIONBIO),
                           BYGONE_NAME(FIOCLEX),    {0x40049409, "FICLONE"}, {0x80045430, "TIOCGPTN"}};
constexpr Name kPrctl[] = {BYGONE_NAME(PR_SET_PDEATHSIG),
                           BYGONE_NAME(PR_GET_DUMPABLE),
                           BYGONE_NAME(PR_SET_DUMPABLE),
                           BYGONE_NAME(PR_SET_NAME),
                           BYGONE_NAME(PR_GET_NAME),
                           BYGONE_NAME(PR_SET_SECCOMP),
                           BYGONE_NAME(PR_CAPBSET_READ),
                           BYGONE_NAME(PR_SET_NO_NEW_PRIVS),
                           BYGONE_NAME(PR_SET_TSC),
                           BYGONE_NAME(PR_GET_TSC),
                           BYGONE_NAME(PR_SET_CHILD_SUBREAPER),
                           {0x53564d41, "PR_SET_VMA"}};
#undef BYGONE_NAME

std::string joined(std::span<const Name> names, uint64_t value, std::string text) {
  for (const Name& name : names) {
    if (name.value == 0 || (value & name.value) != name.value) continue;
    text += fmt::format("{}{}", text.empty() ? "" : "|", name.text);
    value &= ~name.value;
  }
  if (value != 0) text += fmt::format("{}{:#x}", text.empty() ? "" : "|", value);
  return text.empty() ? "0" : text;
}

std::string one_of(std::span<const Name> names, uint64_t value) {
  for (const Name& name : names)
    if (name.value == value) return std::string(name.text);
  return fmt::format("{:#x}", value);
}

// A number in the low bits, flags above it.
std::string typed(std::span<const Name> types, uint64_t mask, std::span<const Name> flags, uint64_t value) {
  const std::string type = one_of(types, value & mask);
  return joined(flags, value & ~mask, type);
}

std::string futex(uint64_t value) {
  std::string text = one_of(kFutexCommands, value & FUTEX_CMD_MASK);
  if ((value & FUTEX_PRIVATE_FLAG) != 0) text += "_PRIVATE";
  if ((value & FUTEX_CLOCK_REALTIME) != 0) text += "|FUTEX_CLOCK_REALTIME";
  return text;
}

// The signal the parent gets is in the lowest byte.
std::string clone(uint64_t value) {
  const std::string signal = (value & 0xff) == SIGCHLD ? "SIGCHLD" : fmt::format("{}", value & 0xff);
  std::string text = (value & ~uint64_t(0xff)) == 0 ? "" : joined(kClone, value & ~uint64_t(0xff), {});
  if ((value & 0xff) != 0) text += (text.empty() ? "" : "|") + signal;
  return text.empty() ? "0" : text;
}

struct BitSet {
  std::string_view set;
  std::span<const Name> names;
  std::string_view zero = "0";
};
constexpr BitSet kBitSets[] = {{"prot", kProtection, "PROT_NONE"},
                               {"mremap", kMremap},
                               {"access", kAccess, "F_OK"},
                               {"at", kAt},
                               {"wait", kWait},
                               {"msg", kMessages},
                               {"grnd", kRandom},
                               {"cloexec", kCloseOnExec},
                               {"flock", kLocks},
                               {"unlink", kUnlink},
                               {"eat", kEffectiveAccess},
                               {"statxmask", kStatx},
                               {"fdflags", kFdFlags},
                               {"timer", kTimer}};

struct Choice {
  std::string_view set;
  std::span<const Name> names;
};
constexpr Choice kChoices[] = {
    {"arch", kArch},          {"clock", kClocks}, {"whence", kWhence},      {"madvise", kAdvice},
    {"fadvise", kFileAdvice}, {"how", kHow},      {"resource", kResources}, {"rusage", kUsage},
    {"family", kFamilies},    {"level", kLevels}, {"shutdown", kShutdown},  {"epoll", kEpoll},
    {"fcntl", kFcntl},        {"ioctl", kIoctl},  {"prctl", kPrctl},
};

}  // namespace

std::optional<std::string> flag_text(std::string_view set, uint64_t value) {
  value = uint32_t(value);  // all of these are int to the kernel
  for (const BitSet& bits : kBitSets)
    if (bits.set == set) return value == 0 ? std::string(bits.zero) : joined(bits.names, value, {});
  for (const Choice& choice : kChoices)
    if (choice.set == set) return one_of(choice.names, value);
  if (set == "open") return typed(kAccessModes, O_ACCMODE, kOpen, value);
  if (set == "map") return typed(kMapTypes, MAP_TYPE, kMap, value);
  if (set == "socktype") return typed(kSocketTypes, 0xf, kSocketFlags, value);
  if (set == "futex") return futex(value);
  if (set == "clone") return clone(value);
  return std::nullopt;
}

}  // namespace bygone::query
