#include "tracee/syscall_options.h"

#include <linux/keyctl.h>
#include <linux/prctl.h>

// Numbers newer than the headers of Debian 12 are written out.

namespace bygone::options {
namespace {

using namespace written;
using enum WrittenWhen;

constexpr bool brief = false;
constexpr bool blocks = true;

constexpr OptionRow kFcntl[] = {
    {0, "F_DUPFD"},
    {1, "F_GETFD"},
    {2, "F_SETFD"},
    {3, "F_GETFL"},
    {4, "F_SETFL"},
    {5, "F_GETLK", {fixed(2, 32)}},
    {6, "F_SETLK"},
    {7, "F_SETLKW", {}, blocks},
    {8, "F_SETOWN"},
    {9, "F_GETOWN"},
    {10, "F_SETSIG"},
    {11, "F_GETSIG"},
    {15, "F_SETOWN_EX"},
    {16, "F_GETOWN_EX", {fixed(2, 8)}},
    {17, "F_GETOWNER_UIDS", {fixed(2, 8)}},
    {36, "F_OFD_GETLK", {fixed(2, 32)}},
    {37, "F_OFD_SETLK"},
    {38, "F_OFD_SETLKW", {}, blocks},
    {1024, "F_SETLEASE"},
    {1025, "F_GETLEASE"},
    {1026, "F_NOTIFY"},
    {1027, "F_DUPFD_QUERY"},
    {1028, "F_CREATED_QUERY"},
    {1029, "F_CANCELLK"},
    {1030, "F_DUPFD_CLOEXEC"},
    {1031, "F_SETPIPE_SZ"},
    {1032, "F_GETPIPE_SZ"},
    {1033, "F_ADD_SEALS"},
    {1034, "F_GET_SEALS"},
    {1035, "F_GET_RW_HINT", {fixed(2, 8)}},
    {1036, "F_SET_RW_HINT"},
    {1037, "F_GET_FILE_RW_HINT", {fixed(2, 8)}},
    {1038, "F_SET_FILE_RW_HINT"},
    {1039, "F_GETDELEG", {fixed(2, 8)}},
    {1040, "F_SETDELEG"},
};

// The priority-inheriting operations keep the owner in the futex word itself.
constexpr OptionRow kFutex[] = {
    {0, "FUTEX_WAIT", {}, blocks},
    {1, "FUTEX_WAKE"},
    {2, "FUTEX_FD"},
    {3, "FUTEX_REQUEUE"},
    {4, "FUTEX_CMP_REQUEUE"},
    {5, "FUTEX_WAKE_OP", {fixed(4, 4, always)}},
    {6, "FUTEX_LOCK_PI", {fixed(0, 4, always)}, blocks},
    {7, "FUTEX_UNLOCK_PI", {fixed(0, 4, always)}},
    {8, "FUTEX_TRYLOCK_PI", {fixed(0, 4, always)}},
    {9, "FUTEX_WAIT_BITSET", {}, blocks},
    {10, "FUTEX_WAKE_BITSET"},
    {11, "FUTEX_WAIT_REQUEUE_PI", {fixed(4, 4, always)}, blocks},
    {12, "FUTEX_CMP_REQUEUE_PI", {fixed(4, 4, always)}},
    {13, "FUTEX_LOCK_PI2", {fixed(0, 4, always)}, blocks},
};

constexpr OptionRow kPrctl[] = {
    {PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG"},
    {PR_GET_PDEATHSIG, "PR_GET_PDEATHSIG", {fixed(1, 4)}},
    {PR_GET_DUMPABLE, "PR_GET_DUMPABLE"},
    {PR_SET_DUMPABLE, "PR_SET_DUMPABLE"},
    {PR_GET_UNALIGN, "PR_GET_UNALIGN", {fixed(1, 4)}},
    {PR_SET_UNALIGN, "PR_SET_UNALIGN"},
    {PR_GET_KEEPCAPS, "PR_GET_KEEPCAPS"},
    {PR_SET_KEEPCAPS, "PR_SET_KEEPCAPS"},
    {PR_GET_FPEMU, "PR_GET_FPEMU", {fixed(1, 4)}},
    {PR_SET_FPEMU, "PR_SET_FPEMU"},
    {PR_GET_FPEXC, "PR_GET_FPEXC", {fixed(1, 4)}},
    {PR_SET_FPEXC, "PR_SET_FPEXC"},
    {PR_GET_TIMING, "PR_GET_TIMING"},
    {PR_SET_TIMING, "PR_SET_TIMING"},
    {PR_SET_NAME, "PR_SET_NAME"},
    {PR_GET_NAME, "PR_GET_NAME", {fixed(1, 16)}},
    {PR_GET_ENDIAN, "PR_GET_ENDIAN", {fixed(1, 4)}},
    {PR_SET_ENDIAN, "PR_SET_ENDIAN"},
    {PR_GET_SECCOMP, "PR_GET_SECCOMP"},
    {PR_SET_SECCOMP, "PR_SET_SECCOMP"},
    {PR_CAPBSET_READ, "PR_CAPBSET_READ"},
    {PR_CAPBSET_DROP, "PR_CAPBSET_DROP"},
    {PR_GET_TSC, "PR_GET_TSC", {fixed(1, 4)}},
    {PR_SET_TSC, "PR_SET_TSC"},
    {PR_GET_SECUREBITS, "PR_GET_SECUREBITS"},
    {PR_SET_SECUREBITS, "PR_SET_SECUREBITS"},
    {PR_SET_TIMERSLACK, "PR_SET_TIMERSLACK"},
    {PR_GET_TIMERSLACK, "PR_GET_TIMERSLACK"},
    {PR_TASK_PERF_EVENTS_DISABLE, "PR_TASK_PERF_EVENTS_DISABLE"},
    {PR_TASK_PERF_EVENTS_ENABLE, "PR_TASK_PERF_EVENTS_ENABLE"},
    {PR_MCE_KILL, "PR_MCE_KILL"},
    {PR_MCE_KILL_GET, "PR_MCE_KILL_GET"},
    {PR_SET_MM, "PR_SET_MM", {fixed(2, 4)}},
    {PR_SET_CHILD_SUBREAPER, "PR_SET_CHILD_SUBREAPER"},
    {PR_GET_CHILD_SUBREAPER, "PR_GET_CHILD_SUBREAPER", {fixed(1, 4)}},
    {PR_SET_NO_NEW_PRIVS, "PR_SET_NO_NEW_PRIVS"},
    {PR_GET_NO_NEW_PRIVS, "PR_GET_NO_NEW_PRIVS"},
    {PR_GET_TID_ADDRESS, "PR_GET_TID_ADDRESS", {fixed(1, 8)}},
    {PR_SET_THP_DISABLE, "PR_SET_THP_DISABLE"},
    {PR_GET_THP_DISABLE, "PR_GET_THP_DISABLE"},
    {PR_MPX_ENABLE_MANAGEMENT, "PR_MPX_ENABLE_MANAGEMENT"},
    {PR_MPX_DISABLE_MANAGEMENT, "PR_MPX_DISABLE_MANAGEMENT"},
    {PR_SET_FP_MODE, "PR_SET_FP_MODE"},
    {PR_GET_FP_MODE, "PR_GET_FP_MODE"},
    {PR_CAP_AMBIENT, "PR_CAP_AMBIENT"},
    {PR_SVE_SET_VL, "PR_SVE_SET_VL"},
    {PR_SVE_GET_VL, "PR_SVE_GET_VL"},
    {PR_GET_SPECULATION_CTRL, "PR_GET_SPECULATION_CTRL"},
    {PR_SET_SPECULATION_CTRL, "PR_SET_SPECULATION_CTRL"},
    {PR_PAC_RESET_KEYS, "PR_PAC_RESET_KEYS"},
    {PR_SET_TAGGED_ADDR_CTRL, "PR_SET_TAGGED_ADDR_CTRL"},
    {PR_GET_TAGGED_ADDR_CTRL, "PR_GET_TAGGED_ADDR_CTRL"},
    {PR_SET_IO_FLUSHER, "PR_SET_IO_FLUSHER"},
    {PR_GET_IO_FLUSHER, "PR_GET_IO_FLUSHER"},
    {PR_SET_SYSCALL_USER_DISPATCH, "PR_SET_SYSCALL_USER_DISPATCH"},
    {PR_PAC_SET_ENABLED_KEYS, "PR_PAC_SET_ENABLED_KEYS"},
    {PR_PAC_GET_ENABLED_KEYS, "PR_PAC_GET_ENABLED_KEYS"},
    {PR_SCHED_CORE, "PR_SCHED_CORE", {fixed(4, 8)}},
    {63, "PR_SME_SET_VL"},
    {64, "PR_SME_GET_VL"},
    {65, "PR_SET_MDWE"},
    {66, "PR_GET_MDWE"},
    {67, "PR_SET_MEMORY_MERGE"},
    {68, "PR_GET_MEMORY_MERGE"},
    {69, "PR_RISCV_V_SET_CONTROL"},
    {70, "PR_RISCV_V_GET_CONTROL"},
    {71, "PR_RISCV_SET_ICACHE_FLUSH_CTX"},
    {72, "PR_PPC_GET_DEXCR"},
    {73, "PR_PPC_SET_DEXCR"},
    {74, "PR_GET_SHADOW_STACK_STATUS", {fixed(1, 8)}},
    {75, "PR_SET_SHADOW_STACK_STATUS"},
    {76, "PR_LOCK_SHADOW_STACK_STATUS"},
    {77, "PR_TIMER_CREATE_RESTORE_IDS"},
    {78, "PR_FUTEX_HASH"},
    {0x41555856, "PR_GET_AUXV", {by_result(1, 2)}},
    {0x53564d41, "PR_SET_VMA"},
    {0x59616d61, "PR_SET_PTRACER"},
};

constexpr OptionRow kArchPrctl[] = {
    {0x1001, "ARCH_SET_GS"},
    {0x1002, "ARCH_SET_FS"},
    {0x1003, "ARCH_GET_FS", {fixed(1, 8)}},
    {0x1004, "ARCH_GET_GS", {fixed(1, 8)}},
    {0x1011, "ARCH_GET_CPUID"},
    {0x1012, "ARCH_SET_CPUID"},
    {0x1021, "ARCH_GET_XCOMP_SUPP", {fixed(1, 8)}},
    {0x1022, "ARCH_GET_XCOMP_PERM", {fixed(1, 8)}},
    {0x1023, "ARCH_REQ_XCOMP_PERM"},
    {0x1024, "ARCH_GET_XCOMP_GUEST_PERM", {fixed(1, 8)}},
    {0x1025, "ARCH_REQ_XCOMP_GUEST_PERM"},
    {0x4001, "ARCH_GET_UNTAG_MASK", {fixed(1, 8)}},
    {0x4002, "ARCH_ENABLE_TAGGED_ADDR"},
    {0x4003, "ARCH_GET_MAX_TAG_BITS", {fixed(1, 8)}},
    {0x4004, "ARCH_FORCE_TAGGED_SVA"},
    {0x5001, "ARCH_SHSTK_ENABLE"},
    {0x5002, "ARCH_SHSTK_DISABLE"},
    {0x5003, "ARCH_SHSTK_LOCK"},
    {0x5004, "ARCH_SHSTK_UNLOCK"},
    {0x5005, "ARCH_SHSTK_STATUS", {fixed(1, 8)}},
};

// At most SEMMSL values of two bytes come back; only the kernel knows how many the set has.
constexpr uint32_t kSemaphoreValues = 2 * 32000, kSemidDs = 104, kShmidDs = 112, kMsqidDs = 120;

constexpr OptionRow kSemctl[] = {
    {0, "IPC_RMID"},
    {1, "IPC_SET"},
    {2, "IPC_STAT", {fixed(3, kSemidDs)}},
    {3, "IPC_INFO", {fixed(3, 40)}},
    {11, "GETPID"},
    {12, "GETVAL"},
    {13, "GETALL", {fixed(3, kSemaphoreValues)}},
    {14, "GETNCNT"},
    {15, "GETZCNT"},
    {16, "SETVAL"},
    {17, "SETALL"},
    {18, "SEM_STAT", {fixed(3, kSemidDs)}},
    {19, "SEM_INFO", {fixed(3, 40)}},
    {20, "SEM_STAT_ANY", {fixed(3, kSemidDs)}},
};

constexpr OptionRow kShmctl[] = {
    {0, "IPC_RMID"},
    {1, "IPC_SET"},
    {2, "IPC_STAT", {fixed(2, kShmidDs)}},
    {3, "IPC_INFO", {fixed(2, 72)}},
    {11, "SHM_LOCK"},
    {12, "SHM_UNLOCK"},
    {13, "SHM_STAT", {fixed(2, kShmidDs)}},
    {14, "SHM_INFO", {fixed(2, 48)}},
    {15, "SHM_STAT_ANY", {fixed(2, kShmidDs)}},
};

constexpr OptionRow kMsgctl[] = {
    {0, "IPC_RMID"},
    {1, "IPC_SET"},
    {2, "IPC_STAT", {fixed(2, kMsqidDs)}},
    {3, "IPC_INFO", {fixed(2, 32)}},
    {11, "MSG_STAT", {fixed(2, kMsqidDs)}},
    {12, "MSG_INFO", {fixed(2, 32)}},
    {13, "MSG_STAT_ANY", {fixed(2, kMsqidDs)}},
};

constexpr OptionRow kKeyctl[] = {
    {KEYCTL_GET_KEYRING_ID, "KEYCTL_GET_KEYRING_ID"},
    {KEYCTL_JOIN_SESSION_KEYRING, "KEYCTL_JOIN_SESSION_KEYRING"},
    {KEYCTL_UPDATE, "KEYCTL_UPDATE"},
    {KEYCTL_REVOKE, "KEYCTL_REVOKE"},
    {KEYCTL_CHOWN, "KEYCTL_CHOWN"},
    {KEYCTL_SETPERM, "KEYCTL_SETPERM"},
    {KEYCTL_DESCRIBE, "KEYCTL_DESCRIBE", {by_result(2, 3)}},
    {KEYCTL_CLEAR, "KEYCTL_CLEAR"},
    {KEYCTL_LINK, "KEYCTL_LINK"},
    {KEYCTL_UNLINK, "KEYCTL_UNLINK"},
    {KEYCTL_SEARCH, "KEYCTL_SEARCH"},
    {KEYCTL_READ, "KEYCTL_READ", {by_result(2, 3)}},
    {KEYCTL_INSTANTIATE, "KEYCTL_INSTANTIATE"},
    {KEYCTL_NEGATE, "KEYCTL_NEGATE"},
    {KEYCTL_SET_REQKEY_KEYRING, "KEYCTL_SET_REQKEY_KEYRING"},
    {KEYCTL_SET_TIMEOUT, "KEYCTL_SET_TIMEOUT"},
    {KEYCTL_ASSUME_AUTHORITY, "KEYCTL_ASSUME_AUTHORITY"},
    {KEYCTL_GET_SECURITY, "KEYCTL_GET_SECURITY", {by_result(2, 3)}},
    {KEYCTL_SESSION_TO_PARENT, "KEYCTL_SESSION_TO_PARENT"},
    {KEYCTL_REJECT, "KEYCTL_REJECT"},
    {KEYCTL_INSTANTIATE_IOV, "KEYCTL_INSTANTIATE_IOV"},
    {KEYCTL_INVALIDATE, "KEYCTL_INVALIDATE"},
    {KEYCTL_GET_PERSISTENT, "KEYCTL_GET_PERSISTENT"},
    {KEYCTL_DH_COMPUTE, "KEYCTL_DH_COMPUTE", {by_result(2, 3)}},
    {KEYCTL_PKEY_QUERY, "KEYCTL_PKEY_QUERY", {fixed(4, 56)}},
    {KEYCTL_PKEY_ENCRYPT, "KEYCTL_PKEY_ENCRYPT", {by_result(4)}},
    {KEYCTL_PKEY_DECRYPT, "KEYCTL_PKEY_DECRYPT", {by_result(4)}},
    {KEYCTL_PKEY_SIGN, "KEYCTL_PKEY_SIGN", {by_result(4)}},
    {KEYCTL_PKEY_VERIFY, "KEYCTL_PKEY_VERIFY"},
    {KEYCTL_RESTRICT_KEYRING, "KEYCTL_RESTRICT_KEYRING"},
    {KEYCTL_MOVE, "KEYCTL_MOVE"},
    // What is left of the buffer is cleared.
    {KEYCTL_CAPABILITIES, "KEYCTL_CAPABILITIES", {by_argument(1, 2)}},
    {KEYCTL_WATCH_KEY, "KEYCTL_WATCH_KEY"},
};

constexpr OptionRow kQuotactl[] = {
    {0x5801, "Q_XQUOTAON"},
    {0x5802, "Q_XQUOTAOFF"},
    {0x5803, "Q_XGETQUOTA", {fixed(3, 112)}},
    {0x5804, "Q_XSETQLIM"},
    {0x5805, "Q_XGETQSTAT", {fixed(3, 80)}},
    {0x5806, "Q_XQUOTARM"},
    {0x5807, "Q_XQUOTASYNC"},
    {0x5808, "Q_XGETQSTATV", {fixed(3, 160)}},
    {0x5809, "Q_XGETNEXTQUOTA", {fixed(3, 112)}},
    {0x800001, "Q_SYNC"},
    {0x800002, "Q_QUOTAON"},
    {0x800003, "Q_QUOTAOFF"},
    {0x800004, "Q_GETFMT", {fixed(3, 4)}},
    {0x800005, "Q_GETINFO", {fixed(3, 24)}},
    {0x800006, "Q_SETINFO"},
    {0x800007, "Q_GETQUOTA", {fixed(3, 72)}},
    {0x800008, "Q_SETQUOTA"},
    {0x800009, "Q_GETNEXTQUOTA", {fixed(3, 72)}},
};

// ptrace(request, pid, address, data): what is read arrives at `data`.
constexpr OptionRow kPtrace[] = {
    {0, "PTRACE_TRACEME"},
    {1, "PTRACE_PEEKTEXT", {fixed(3, 8)}},
    {2, "PTRACE_PEEKDATA", {fixed(3, 8)}},
    {3, "PTRACE_PEEKUSER", {fixed(3, 8)}},
    {6, "PTRACE_POKEUSER"},
    {7, "PTRACE_CONT"},
    {8, "PTRACE_KILL"},
    {9, "PTRACE_SINGLESTEP"},
    {12, "PTRACE_GETREGS", {fixed(3, 216)}},
    {13, "PTRACE_SETREGS"},
    {14, "PTRACE_GETFPREGS", {fixed(3, 512)}},
    {15, "PTRACE_SETFPREGS"},
    {16, "PTRACE_ATTACH"},
    {17, "PTRACE_DETACH"},
    {24, "PTRACE_SYSCALL"},
    {25, "PTRACE_GET_THREAD_AREA", {fixed(3, 16)}},
    {26, "PTRACE_SET_THREAD_AREA"},
    {30, "PTRACE_ARCH_PRCTL", {fixed(2, 8)}},
    {31, "PTRACE_SYSEMU"},
    {32, "PTRACE_SYSEMU_SINGLESTEP"},
    {33, "PTRACE_SINGLEBLOCK"},
    {0x4200, "PTRACE_SETOPTIONS"},
    {0x4201, "PTRACE_GETEVENTMSG", {fixed(3, 8)}},
    {0x4202, "PTRACE_GETSIGINFO", {fixed(3, 128)}},
    {0x4203, "PTRACE_SETSIGINFO"},
    {0x4204, "PTRACE_GETREGSET", {fixed(3, 16), by_field_u64(3, 3, 8).via(0)}},
    {0x4205, "PTRACE_SETREGSET", {fixed(3, 16)}},
    {0x4206, "PTRACE_SEIZE"},
    {0x4207, "PTRACE_INTERRUPT"},
    {0x4208, "PTRACE_LISTEN"},
    {0x4209, "PTRACE_PEEKSIGINFO", {by_result(3, kNoArgument, 128)}},
    {0x420a, "PTRACE_GETSIGMASK", {by_argument(3, 2)}},
    {0x420b, "PTRACE_SETSIGMASK"},
    {0x420c, "PTRACE_SECCOMP_GET_FILTER", {by_result(3, kNoArgument, 8)}},
    {0x420d, "PTRACE_SECCOMP_GET_METADATA", {by_argument(3, 2)}},
    {0x420e, "PTRACE_GET_SYSCALL_INFO", {by_argument(3, 2)}},
    {0x420f, "PTRACE_GET_RSEQ_CONFIGURATION", {by_argument(3, 2)}},
    {0x4210, "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG"},
    {0x4211, "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG", {by_argument(3, 2)}},
    {0x4212, "PTRACE_SET_SYSCALL_INFO"},
};

constexpr OptionRow kSeccomp[] = {
    {0, "SECCOMP_SET_MODE_STRICT"},
    {1, "SECCOMP_SET_MODE_FILTER"},
    {2, "SECCOMP_GET_ACTION_AVAIL"},
    {3, "SECCOMP_GET_NOTIF_SIZES", {fixed(2, 6)}},
};

constexpr OptionRow kSyslog[] = {
    {2, "SYSLOG_ACTION_READ", {by_result(1, 2)}, blocks},
    {3, "SYSLOG_ACTION_READ_ALL", {by_result(1, 2)}},
    {4, "SYSLOG_ACTION_READ_CLEAR", {by_result(1, 2)}},
};

constexpr OptionRow kSysfs[] = {{2, "name of a file system", {string(2)}}};

constexpr OptionRow kModifyLdt[] = {
    {0, "read", {by_result(1, 2)}},
    {1, "write (old)"},
    {2, "read default", {by_result(1, 2)}},
    {0x11, "write"},
};

// Commands that hand out data write through pointers whose sizes only the object knows; they stay unknown.
constexpr OptionRow kBpf[] = {
    {0, "BPF_MAP_CREATE"},
    {2, "BPF_MAP_UPDATE_ELEM"},
    {3, "BPF_MAP_DELETE_ELEM"},
    {6, "BPF_OBJ_PIN"},
    {7, "BPF_OBJ_GET"},
    {8, "BPF_PROG_ATTACH"},
    {9, "BPF_PROG_DETACH"},
    {11, "BPF_PROG_GET_NEXT_ID", {by_argument(1, 2).as_int()}},
    {12, "BPF_MAP_GET_NEXT_ID", {by_argument(1, 2).as_int()}},
    {13, "BPF_PROG_GET_FD_BY_ID"},
    {14, "BPF_MAP_GET_FD_BY_ID"},
    {17, "BPF_RAW_TRACEPOINT_OPEN"},
    {19, "BPF_BTF_GET_FD_BY_ID"},
    {22, "BPF_MAP_FREEZE"},
    {23, "BPF_BTF_GET_NEXT_ID", {by_argument(1, 2).as_int()}},
    {28, "BPF_LINK_CREATE"},
    {29, "BPF_LINK_UPDATE"},
    {30, "BPF_LINK_GET_FD_BY_ID"},
    {31, "BPF_LINK_GET_NEXT_ID", {by_argument(1, 2).as_int()}},
    {32, "BPF_ENABLE_STATS"},
    {33, "BPF_ITER_CREATE"},
    {34, "BPF_LINK_DETACH"},
    {35, "BPF_PROG_BIND_MAP"},
    {36, "BPF_TOKEN_CREATE"},
};

// These empty pages instead of writing them, to the same effect.
constexpr OptionRow kProcessMadvise[] = {
    {4, "MADV_DONTNEED", {counted(SizeRule::iovec_full, 1, 2)}},
    {8, "MADV_FREE", {counted(SizeRule::iovec_full, 1, 2)}},
    {24, "MADV_DONTNEED_LOCKED", {counted(SizeRule::iovec_full, 1, 2)}},
};

constexpr uint64_t level(uint64_t level, uint64_t name) {
  return level << 32 | name;
}

constexpr bool unknown = true;
constexpr Written kUnboundedValue = by_field_u32(3, 4);

// Besides what the row of getsockopt itself says: as many bytes as the length says, and no more than it said
// before.
constexpr OptionRow kGetsockopt[] = {
    {level(0, 41), "IP_MSFILTER", {kUnboundedValue}},
    {level(0, 48), "MCAST_MSFILTER", {kUnboundedValue}},
    {level(1, 26), "SO_GET_FILTER", {in_out(3, 4, 8)}},
    {level(6, 35), "TCP_ZEROCOPY_RECEIVE", {}, brief, unknown},
    {level(41, 48), "MCAST_MSFILTER", {kUnboundedValue}},
};

// Replacing packet filter tables gives back the counters of the old ones.
constexpr OptionRow kSetsockopt[] = {
    {level(0, 64), "IPT_SO_SET_REPLACE", {}, brief, unknown},
    {level(0, 96), "ARPT_SO_SET_REPLACE", {}, brief, unknown},
    {level(0, 128), "EBT_SO_SET_ENTRIES", {}, brief, unknown},
    {level(41, 64), "IP6T_SO_SET_REPLACE", {}, brief, unknown},
};

}  // namespace

const OptionTable fcntl_commands = {.argument = 1, .rows = kFcntl};
const OptionTable futex_operations = {
    .argument = 1, .mask = 0xfffffe7f, .unlisted = Unlisted::writes_nothing, .rows = kFutex};
const OptionTable prctl_options = {.rows = kPrctl};
const OptionTable arch_prctl_codes = {.rows = kArchPrctl};
const OptionTable socket_options_read = {
    .argument = 2, .high_argument = 1, .unlisted = Unlisted::writes_nothing, .rows = kGetsockopt};
const OptionTable socket_options_written = {
    .argument = 2, .high_argument = 1, .unlisted = Unlisted::writes_nothing, .rows = kSetsockopt};
const OptionTable semctl_commands = {.argument = 2, .mask = 0xfffffeff, .rows = kSemctl};
const OptionTable shmctl_commands = {.argument = 1, .mask = 0xfffffeff, .rows = kShmctl};
const OptionTable msgctl_commands = {.argument = 1, .mask = 0xfffffeff, .rows = kMsgctl};
const OptionTable keyctl_operations = {.rows = kKeyctl};
const OptionTable quotactl_commands = {.shift = 8, .mask = 0xffffff, .rows = kQuotactl};
const OptionTable quotactl_fd_commands = {.argument = 1, .shift = 8, .mask = 0xffffff, .rows = kQuotactl};
const OptionTable ptrace_requests = {.rows = kPtrace};
const OptionTable seccomp_operations = {.rows = kSeccomp};
const OptionTable syslog_actions = {.unlisted = Unlisted::writes_nothing, .rows = kSyslog};
const OptionTable sysfs_options = {.unlisted = Unlisted::writes_nothing, .rows = kSysfs};
const OptionTable modify_ldt_functions = {.rows = kModifyLdt};
const OptionTable bpf_commands = {.rows = kBpf};
const OptionTable process_madvise_advices = {
    .argument = 3, .unlisted = Unlisted::writes_nothing, .rows = kProcessMadvise};

}  // namespace bygone::options
