#include "recorder/kinship.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "recorder/signal_action.h"

namespace bygone {

namespace {

std::string read_all(const char* path) {
  std::string text;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char piece[4096];
  for (ssize_t size; (size = read(fd, piece, sizeof piece)) > 0;) text.append(piece, size_t(size));
  close(fd);
  return text;
}

std::string read_status(pid_t pid) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  return read_all(path);
}

std::vector<pid_t> numbers_in(const std::string& text, std::string_view name) {
  std::vector<pid_t> numbers;
  const size_t at = text.find(name);
  if (at == std::string::npos) return numbers;
  for (const char* next = text.c_str() + at + name.size(); *next == '\t';) {
    char* end = nullptr;
    numbers.push_back(pid_t(strtol(next, &end, 10)));
    next = end;
  }
  return numbers;
}

uint64_t field_in(const std::string& text, const char* name, int base) {
  const size_t at = text.find(name);
  return at == std::string::npos ? 0 : strtoull(text.c_str() + at + std::strlen(name), nullptr, base);
}

uint64_t status_field(pid_t pid, const char* name, int base) {
  return field_in(read_status(pid), name, base);
}

// As /proc/PID/ns/NAME links to it.
std::string namespace_of(pid_t tid, const char* name) {
  char path[48], target[48];
  snprintf(path, sizeof path, "/proc/%d/ns/%s", tid, name);
  const ssize_t size = readlink(path, target, sizeof target);
  return size > 0 ? std::string(target, size_t(size)) : std::string();
}

// Since they only shrink on the way down, a capability that counts in one user namespace counts in those
// below it; of those the recording may have, only its outermost is known to be above another.
bool can_trace_anybody(pid_t tracer, const std::string& status, pid_t tracee) {
  if ((field_in(status, "\nCapEff:", 16) >> kCapSysPtrace & 1) == 0) return false;
  const std::string its_namespace = namespace_of(tracer, "user");
  return its_namespace == namespace_of(tracee, "user") || its_namespace == namespace_of(getpid(), "user");
}

// The files in /proc/PID of one whose memory others may not look at belong to root (PR_SET_DUMPABLE,
// proc(5)).
bool is_dumpable(pid_t pid, pid_t effective_user) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/maps", pid);
  struct stat st;
  return stat(path, &st) == 0 && pid_t(st.st_uid) == effective_user;
}

}  // namespace

std::vector<pid_t> numbers_of(pid_t tid) {
  return numbers_in(read_status(tid), "\nNSpid:");
}

std::vector<pid_t> group_numbers_of(pid_t tid) {
  return numbers_in(read_status(tid), "\nNSpgid:");
}

bool is_namespace_init(pid_t pid) {
  const std::vector<pid_t> numbers = numbers_of(pid);
  return numbers.size() > 1 && numbers.back() == 1;
}

std::string pid_namespace_of(pid_t tid) {
  return namespace_of(tid, "pid");
}

bool may_trace(pid_t tracer, pid_t tracee) {
  const std::string status = read_status(tracer);
  if (can_trace_anybody(tracer, status, tracee)) return true;
  const std::string theirs = read_status(tracee);
  for (const char* name : {"\nUid:", "\nGid:"}) {
    const std::vector<pid_t> its = numbers_in(status, name);  // real, effective, saved, file system
    const std::vector<pid_t> others = numbers_in(theirs, name);
    if (its.empty() || others.size() < 3) return false;
    if (std::any_of(others.begin(), others.begin() + 3, [&](pid_t id) { return id != its.front(); }))
      return false;
  }
  const uint64_t its_capabilities = field_in(status, "\nCapPrm:", 16);
  const bool gains_none = (field_in(theirs, "\nCapPrm:", 16) & ~its_capabilities) == 0;
  return gains_none && is_dumpable(tracee, numbers_in(theirs, "\nUid:")[1]);
}

pid_t parent_of(pid_t pid) {
  return pid_t(status_field(pid, "\nPPid:", 10));
}

uid_t user_of(pid_t pid) {
  return uid_t(status_field(pid, "\nUid:", 10));
}

User effective_user_of(pid_t pid) {
  const std::string status = read_status(pid);
  const std::vector<pid_t> users = numbers_in(status, "\nUid:");
  const std::vector<pid_t> groups = numbers_in(status, "\nGid:");
  return users.size() < 2 || groups.size() < 2 ? User{} : User{uid_t(users[1]), gid_t(groups[1])};
}

bool has_several_users(pid_t pid) {
  const std::string status = read_status(pid);
  for (const char* name : {"\nUid:", "\nGid:"}) {
    const std::vector<pid_t> ids = numbers_in(status, name);
    if (ids.size() >= 3 && (ids[0] != ids[1] || ids[1] != ids[2])) return true;
  }
  return false;
}

bool has_capability(pid_t pid, int capability) {
  return (status_field(pid, "\nCapEff:", 16) >> capability & 1) != 0;
}

pid_t tracer_of(pid_t tid) {
  return pid_t(status_field(tid, "\nTracerPid:", 10));
}

pid_t process_of(pid_t tid) {
  return pid_t(status_field(tid, "\nTgid:", 10));
}

std::string command_of(pid_t tid) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/comm", tid);
  std::string name = read_all(path);
  while (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

uint64_t seccomp_mode_of(pid_t tid) {
  return status_field(tid, "\nSeccomp:", 10);
}

uint64_t signals_pending_for(pid_t tid) {
  return status_field(tid, "\nSigPnd:", 16);
}

uint64_t signals_waiting_for(pid_t tid) {
  const std::string status = read_status(tid);
  const uint64_t pending = field_in(status, "\nSigPnd:", 16) | field_in(status, "\nShdPnd:", 16);
  return pending & ~field_in(status, "\nSigBlk:", 16);
}

ChosenActions chosen_actions_of(pid_t tid) {
  const std::string status = read_status(tid);
  return {field_in(status, "\nSigCgt:", 16), field_in(status, "\nSigIgn:", 16)};
}

uint64_t signals_ignored_by(pid_t tid) {
  const ChosenActions chosen = chosen_actions_of(tid);
  return chosen.ignored | (kIgnoredByDefault & ~chosen.handled);
}

uint64_t signals_blocked_by(pid_t tid) {
  return status_field(tid, "\nSigBlk:", 16);
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR* const threads = opendir(path);
  if (threads == nullptr) return children;
  while (const dirent* const thread = readdir(threads)) {
    const int tid = atoi(thread->d_name);
    if (tid == 0) continue;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, tid);
    const std::string text = read_all(path);
    const char* at = text.c_str();
    for (char* end = nullptr;; at = end) {
      const long child = strtol(at, &end, 10);
      if (end == at) break;
      children.push_back(pid_t(child));
    }
  }
  closedir(threads);
  return children;
}

}  // namespace bygone
