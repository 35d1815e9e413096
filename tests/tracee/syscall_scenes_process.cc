#include <elf.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "syscall_scene.h"

namespace bygone {
namespace {

constexpr uint64_t kBad = 8;

void identity(Scene& s) {
  for (const long number :
       {SYS_getpid, SYS_gettid, SYS_getppid, SYS_getpgrp, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid})
    s.succeed(number);
  s.succeed(SYS_getpgid, 0);
  s.succeed(SYS_getsid, 0);
  s.succeed(SYS_getresuid, s.buffer(4), s.buffer(4), s.buffer(4));
  s.succeed(SYS_getresgid, s.buffer(4), s.buffer(4), s.buffer(4));
  s.call(SYS_getresuid, s.buffer(4), kBad, s.buffer(4));
  s.succeed(SYS_getgroups, 0, s.buffer(64));
  s.call(SYS_getgroups, 1024, s.buffer(4096));
  for (const unsigned version : {0x19980330u, 0x20080522u, 0u}) {
    s.call(SYS_capget, s.put(__user_cap_header_struct{version, 0}), s.buffer(24));
    s.call(SYS_capget, s.put(__user_cap_header_struct{version, 0}), 0);
  }
  s.call(SYS_capset, s.put(__user_cap_header_struct{0, 0}), s.buffer(24));
  s.succeed(SYS_setfsuid, -1);
  s.succeed(SYS_setfsgid, -1);
  s.succeed(SYS_personality, 0xffffffff);
}

void system_figures(Scene& s) {
  s.succeed(SYS_uname, s.buffer(390));
  s.succeed(SYS_sysinfo, s.buffer(112));
  s.succeed(SYS_getrusage, RUSAGE_SELF, s.buffer(144));
  s.call(SYS_getrusage, 77, s.buffer(144));
  s.succeed(SYS_getrlimit, RLIMIT_NOFILE, s.buffer(16));
  s.succeed(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, s.buffer(16));
  s.succeed(SYS_setrlimit, RLIMIT_CORE, s.put(rlimit{0, 0}));
  s.succeed(SYS_getpriority, PRIO_PROCESS, 0);
  s.succeed(SYS_getcpu, s.buffer(4), s.buffer(4), 0);
  s.succeed(SYS_getrandom, s.buffer(100), 33, 0);
  s.call(SYS_getrandom, s.buffer(100), 33, 0x999);
  s.call(SYS_syslog, 3, s.buffer(2000), 2000);
  s.call(SYS_syslog, 10, 0, 0);
  s.call(SYS_ioprio_get, 1, 0);
  s.call(SYS_modify_ldt, 0, s.buffer(64), 64);
  s.call(SYS_modify_ldt, 2, s.buffer(64), 64);
  s.call(SYS_membarrier, 0, 0, 0);
  s.call(SYS_perf_event_open, s.put(std::array<uint64_t, 20>{uint64_t{4} << 32}), 0, -1, -1, 0);
  s.call(459 /* lsm_get_self_attr */, 100, s.buffer(512), s.put(512u), 0);
  s.call(459, 100, s.buffer(512), s.put(0u), 0);
  s.call(461 /* lsm_list_modules */, s.buffer(128), s.put(128u), 0);
  s.call(461, s.buffer(128), s.put(0u), 0);
}

void scheduling(Scene& s) {
  s.succeed(SYS_sched_getaffinity, 0, 128, s.buffer(128));
  s.call(SYS_sched_getaffinity, 0, 1, s.buffer(128));
  s.succeed(SYS_sched_getparam, 0, s.buffer(4));
  s.succeed(SYS_sched_getscheduler, 0);
  s.succeed(SYS_sched_get_priority_max, SCHED_FIFO);
  s.succeed(SYS_sched_get_priority_min, SCHED_FIFO);
  s.succeed(SYS_sched_rr_get_interval, 0, s.buffer(16));
  const uint64_t attributes = s.buffer(128);
  s.succeed(SYS_sched_getattr, 0, attributes, 128, 0);
  s.succeed(SYS_sched_getattr, 0, s.buffer(128), 48, 0);
  s.succeed(SYS_sched_getattr, 0, s.buffer(128), 0xffffffff00000030, 0);
  s.call(SYS_sched_setattr, 0,
         s.put(std::array<uint32_t, 64>{256, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9}), 0);
}

void options_of_the_process(Scene& s) {
  for (const uint64_t option :
       {PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_GET_UNALIGN, PR_GET_KEEPCAPS, PR_GET_FPEMU, PR_GET_FPEXC,
        PR_GET_TIMING, PR_GET_NAME, PR_GET_ENDIAN, PR_GET_SECCOMP, PR_GET_TSC, PR_GET_SECUREBITS,
        PR_GET_TIMERSLACK, PR_GET_CHILD_SUBREAPER, PR_GET_TID_ADDRESS})
    s.call(SYS_prctl, option, s.buffer(16), 0, 0, 0);
  s.succeed(SYS_prctl, PR_SET_NAME, s.text("scene"));
  s.call(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
  s.call(SYS_prctl, 0x41555856 /* PR_GET_AUXV */, s.buffer(1024), 1024, 0, 0);
  s.call(SYS_prctl, 0x41555856, s.buffer(1024), 10, 0, 0);
  s.call(SYS_prctl, PR_SCHED_CORE, 0, 0, 0, s.buffer(8));
  s.call(SYS_prctl, PR_SET_MM, 15 /* PR_SET_MM_MAP_SIZE */, s.buffer(4), 0, 0);
  s.call(SYS_prctl, 99999, s.buffer(16));
  for (const uint64_t code : {0x1003, 0x1004, 0x1021, 0x1022, 0x1024, 0x4001, 0x4003, 0x5005})
    s.call(SYS_arch_prctl, code, s.buffer(8));
  s.call(SYS_arch_prctl, 0x1011, 0);
  s.call(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, s.buffer(6));
  s.call(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, s.put(SECCOMP_RET_KILL));
}

void signals(Scene& s) {
  struct KernelAction {
    uint64_t handler, flags, restorer, mask;
  };
  s.succeed(SYS_rt_sigaction, SIGUSR2, s.put(KernelAction{1, 0, 0, 0}), s.buffer(32), 8);
  s.succeed(SYS_rt_sigaction, SIGUSR2, 0, s.buffer(32), 8);
  s.call(SYS_rt_sigaction, 99, 0, s.buffer(32), 8);
  s.call(SYS_rt_sigaction, SIGUSR2, 0, s.buffer(32), 16);
  const uint64_t set = s.put(uint64_t{1} << (SIGUSR1 - 1));
  s.succeed(SYS_rt_sigprocmask, SIG_BLOCK, set, s.buffer(8), 8);
  s.call(SYS_rt_sigprocmask, SIG_BLOCK, set, s.buffer(16), 16);
  s.succeed(SYS_kill, getpid(), SIGUSR1);
  s.succeed(SYS_rt_sigpending, s.buffer(8), 8);
  s.succeed(SYS_rt_sigpending, s.buffer(8), 4);
  s.call(SYS_rt_sigpending, s.buffer(64), 64);
  const uint64_t moment = s.put(std::array<uint64_t, 2>{0, 1000});
  s.succeed(SYS_rt_sigtimedwait, set, s.buffer(128), moment, 8);
  s.call(SYS_rt_sigtimedwait, set, s.buffer(128), moment, 8);
  s.succeed(SYS_tgkill, getpid(), gettid(), SIGUSR1);
  s.succeed(SYS_rt_sigtimedwait, set, s.buffer(128), 0, 8);
  s.succeed(SYS_tkill, gettid(), SIGUSR1);
  const int64_t fd = s.succeed(SYS_signalfd4, -1, set, 8, O_NONBLOCK);
  s.succeed(SYS_signalfd, -1, set, 8);
  s.succeed(SYS_read, fd, s.buffer(256), 256);
  std::array<int32_t, 32> info{};
  info[0] = SIGUSR1;
  info[2] = -1;  // SI_QUEUE
  s.succeed(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, s.put(info));
  s.succeed(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGUSR1, s.put(info));
  struct {
    uint64_t stack;
    uint64_t flags;
    uint64_t size;
  } stack = {s.buffer(16384), 0, 16384};
  s.succeed(SYS_sigaltstack, s.put(stack), s.buffer(24));
  s.succeed(SYS_sigaltstack, 0, s.buffer(24));
  const int64_t self = s.succeed(SYS_pidfd_open, getpid(), 0);
  s.succeed(SYS_pidfd_send_signal, self, 0, 0, 0);
  s.succeed(SYS_pidfd_getfd, self, 0, 0);
}

// A child that ends at once; its page tables are its own.
int64_t make_child(Scene& s, uint64_t flags, uint64_t parent_tid, uint64_t child_tid) {
  const int64_t child = s.call(SYS_clone, flags | SIGCHLD, 0, parent_tid, child_tid, 0);
  if (child == 0) _exit(3);
  return child;
}

void children(Scene& s) {
  make_child(s, 0, 0, 0);
  s.succeed(SYS_wait4, -1, s.buffer(4), 0, s.buffer(144));
  s.call(SYS_wait4, -1, s.buffer(4), 0, s.buffer(144));
  s.call(SYS_waitid, P_ALL, 0, s.buffer(128), WEXITED, s.buffer(144));
  s.call(SYS_waitid, 99, 0, s.buffer(128), WEXITED, s.buffer(144));
  make_child(s, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID, s.buffer(4), s.buffer(4));
  s.succeed(SYS_waitid, P_ALL, 0, s.buffer(128), WEXITED | WNOWAIT, s.buffer(144));
  s.succeed(SYS_wait4, -1, s.buffer(4), 0, 0);
  make_child(s, CLONE_PIDFD, s.buffer(4), 0);
  s.succeed(SYS_wait4, -1, 0, 0, s.buffer(144));
  s.call(SYS_clone, CLONE_THREAD, 0, s.buffer(4), s.buffer(4), 0);
  std::array<uint64_t, 11> arguments{};
  arguments[0] = CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID;
  arguments[1] = s.buffer(4);
  arguments[2] = s.buffer(4);
  arguments[3] = s.buffer(4);
  arguments[4] = SIGCHLD;
  const uint64_t clone_arguments = s.put(arguments);
  if (s.succeed(SYS_clone3, clone_arguments, sizeof arguments) == 0) _exit(3);
  s.succeed(SYS_wait4, -1, s.buffer(4), 0, 0);
  const int64_t sleeper = s.call(SYS_fork);
  if (sleeper == 0) {
    pause();
    _exit(0);
  }
  s.succeed(SYS_wait4, -1, s.buffer(4), WNOHANG, s.buffer(144));
  s.succeed(SYS_waitid, P_ALL, 0, s.buffer(128), WEXITED | WNOHANG, s.buffer(144));
  s.succeed(SYS_kcmp, getpid(), sleeper, 0, 0, 0);
  s.succeed(SYS_kill, sleeper, SIGKILL);
  s.succeed(SYS_wait4, sleeper, s.buffer(4), 0, 0);
}

void memory_of_processes(Scene& s) {
  const uint64_t text = s.text("seen from the side");
  const uint64_t from = s.put(iovec{reinterpret_cast<void*>(text), 18});
  const uint64_t to = s.put(iovec{reinterpret_cast<void*>(s.buffer(100)), 100});
  s.succeed(SYS_process_vm_readv, getpid(), to, 1, from, 1, 0);
  s.succeed(SYS_process_vm_writev, getpid(), from, 1, to, 1, 0);
  s.call(SYS_process_vm_readv, getpid(), to, 1, s.put(iovec{reinterpret_cast<void*>(kBad), 8}), 1, 0);
}

void tracing(Scene& s) {
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGUSR1);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  s.succeed(SYS_ptrace, PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL);
  s.succeed(SYS_ptrace, PTRACE_GETREGS, child, 0, s.buffer(216));
  s.succeed(SYS_ptrace, PTRACE_GETFPREGS, child, 0, s.buffer(512));
  s.succeed(SYS_ptrace, PTRACE_GETSIGINFO, child, 0, s.buffer(128));
  s.succeed(SYS_ptrace, PTRACE_GETEVENTMSG, child, 0, s.buffer(8));
  s.succeed(SYS_ptrace, PTRACE_GETSIGMASK, child, 8, s.buffer(8));
  s.succeed(SYS_ptrace, PTRACE_PEEKUSER, child, 0, s.buffer(8));
  s.succeed(SYS_ptrace, PTRACE_PEEKDATA, child, s.buffer(8), s.buffer(8));
  s.call(SYS_ptrace, PTRACE_PEEKDATA, child, kBad, s.buffer(8));
  s.succeed(SYS_ptrace, PTRACE_GETREGSET, child, NT_PRSTATUS,
            s.put(iovec{reinterpret_cast<void*>(s.buffer(400)), 400}));
  s.succeed(SYS_ptrace, PTRACE_GETREGSET, child, NT_X86_XSTATE,
            s.put(iovec{reinterpret_cast<void*>(s.buffer(16384)), 16384}));
  s.call(SYS_ptrace, 0x420e /* PTRACE_GET_SYSCALL_INFO */, child, 88, s.buffer(88));
  s.call(SYS_ptrace, 0x420f /* PTRACE_GET_RSEQ_CONFIGURATION */, child, 24, s.buffer(24));
  s.call(SYS_ptrace, 30 /* PTRACE_ARCH_PRCTL */, child, s.buffer(8), 0x1003 /* ARCH_GET_FS */);
  s.succeed(SYS_ptrace, PTRACE_CONT, child, 0, 0);
  waitpid(child, nullptr, 0);
}

}  // namespace

std::vector<NamedScene> process_scenes() {
  return {{"Identity", identity},
          {"SystemFigures", system_figures},
          {"Scheduling", scheduling},
          {"OptionsOfTheProcess", options_of_the_process},
          {"Signals", signals},
          {"Children", children},
          {"MemoryOfProcesses", memory_of_processes},
          {"Tracing", tracing}};
}

}  // namespace bygone
