#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bygone {

// What proc(5) says of a process and its relatives. Everything is 0, or empty, of one that is gone.
pid_t parent_of(pid_t pid);
uid_t user_of(pid_t pid);
struct User {
  uid_t id = 0;
  gid_t group = 0;
};
User effective_user_of(pid_t pid);
// Real, effective and saved ones, of user or group, are not the same.
bool has_several_users(pid_t pid);
inline constexpr int kCapSysPtrace = 19;         // linux/capability.h
bool has_capability(pid_t pid, int capability);  // effective
pid_t tracer_of(pid_t tid);
pid_t process_of(pid_t tid);  // it is a thread of
// Whether the kernel would let the one attach to the other (ptrace(2), "Ptrace access mode checking"); what a
// security module such as Yama adds is not asked.
bool may_trace(pid_t tracer, pid_t tracee);
// The name of the program it runs (comm), or what prctl(2) has made of it.
std::string command_of(pid_t tid);
// Children of all threads, zombies among them (CONFIG_PROC_CHILDREN).
std::vector<pid_t> children_of(pid_t pid);
// The numbers a task has in the pid namespaces it is in, the outermost first (NSpid, proc(5)).
std::vector<pid_t> numbers_of(pid_t tid);
// The same of its process group.
std::vector<pid_t> group_numbers_of(pid_t tid);
// Whether it is the first process of a pid namespace: signals it has no handler for pass it by.
bool is_namespace_init(pid_t pid);
// Which the innermost of them is, as its link names it.
std::string pid_namespace_of(pid_t tid);
uint64_t seccomp_mode_of(pid_t tid);  // SECCOMP_MODE_*
// Signals N that the task blocks, as bits N - 1.
uint64_t signals_blocked_by(pid_t tid);
// Likewise, that are queued for this thread alone.
uint64_t signals_pending_for(pid_t tid);
// Likewise, for it or its process, and that it does not block.
uint64_t signals_waiting_for(pid_t tid);
// Likewise, that its process ignores, by its own will or by default (signal(7)).
uint64_t signals_ignored_by(pid_t tid);
// Likewise, what its process has said about them; the others have their default action.
struct ChosenActions {
  uint64_t handled = 0;
  uint64_t ignored = 0;
};
ChosenActions chosen_actions_of(pid_t tid);

}  // namespace bygone
