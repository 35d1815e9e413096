#include "recorder/access.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/kinship.h"
#include "recorder/session.h"
#include "tracee/remote_calls.h"

namespace bygone {

namespace {

bool changes_user(int64_t call) {
  switch (call) {
    case SYS_setuid:
    case SYS_setgid:
    case SYS_setreuid:
    case SYS_setregid:
    case SYS_setresuid:
    case SYS_setresgid:
    case SYS_setfsuid:
    case SYS_setfsgid:
    case SYS_capset:
      return true;
    default:
      return false;
  }
}

// What setfsuid(2) has taken; the kernel asks that we can do all that the process can.
void raise_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return;
  for (__user_cap_data_struct& half : data) half.effective = half.permitted;
  syscall(SYS_capset, &header, data);
}

// Without what capabilities we have beside: the kernel asks the program's (would_dump(), fs/exec.c).
bool lets_read(const std::string& path, const RecordedTask& task) {
  setfsuid(geteuid());
  setfsuid(task.user);
  const bool may = faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0 || errno != EACCES;
  if (task.user != geteuid()) raise_capabilities();
  return may;
}

}  // namespace

bool may_look_at_all() {
  return has_capability(getpid(), kCapSysPtrace);
}

ActingAs::ActingAs(uid_t user, gid_t group) : acts_(user != geteuid()) {
  if (!acts_) return;
  setfsgid(group);
  setfsuid(user);
  raise_capabilities();
}

ActingAs::~ActingAs() {
  if (!acts_) return;
  setfsuid(geteuid());
  setfsgid(getegid());
}

void Session::note_user(RecordedTask& task) const {
  const User user = sees_all_ ? User{geteuid(), getegid()} : effective_user_of(task.tid);
  task.user = user.id;
  task.group = user.group;
}

// Before a call after which the memory may not be opened any more.
void Session::prepare_access(RecordedTask& task) const {
  if (!sees_all_ && changes_user(int64_t(task.entry.registers[Register::orig_rax])))
    task.space->memory.hold();
}

// A process that has changed its user hides its memory from all but the mighty.
Expected<void> Session::keep_access(RecordedTask& task, int64_t result) {
  if (sees_all_ || result < 0 || !changes_user(int64_t(task.entry.registers[Register::orig_rax]))) return {};
  note_user(task);
  if (has_several_users(task.tid)) {
    tell_uncaptured(
        int32_t(task.entry.registers[Register::orig_rax]), "several users",
        fmt::format("task {} has several users or groups at once: what it does cannot be seen without "
                    "CAP_SYS_PTRACE (containers: --cap-add SYS_PTRACE), and may not replay",
                    task.tid));
  }
  RemoteCall show{SYS_prctl, {PR_SET_DUMPABLE, 1}};
  const auto made = make_calls(task, std::span(&show, 1));
  task.space->dumpable = 0;
  return made || made.error().kind == ErrorKind::not_found ? Expected<void>{} : made;
}

// Hiding is played.
void Session::play_dumpable(RecordedTask& task) {
  if (sees_all_) return;
  const uint64_t value = task.registers.argument(1);
  if (task.registers.argument(0) == PR_GET_DUMPABLE && task.space->dumpable)
    answer(task, *task.space->dumpable);
  if (task.registers.argument(0) != PR_SET_DUMPABLE) return;
  if (value > 1) return;  // the kernel refuses it
  task.space->dumpable = int(value);
  answer(task, 0);
}

// What may be executed and not read cannot be looked at while it runs.
void Session::refuse_unreadable_program(RecordedTask& task) {
  if (sees_all_ || task.paths.empty()) return;
  const std::string& path = task.paths.front().path;
  if (access(path.c_str(), F_OK) != 0 || lets_read(path, task)) return;
  tell_uncaptured(
      SYS_execve, "unreadable program",
      fmt::format("task {} executes {}, which may not be read: recording it takes CAP_SYS_PTRACE; it is "
                  "told EACCES",
                  task.tid, path));
  answer(task, -EACCES);
}

}  // namespace bygone
