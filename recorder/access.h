#pragma once

#include <sys/types.h>

namespace bygone {

// Whether we may look at processes of everybody: CAP_SYS_PTRACE, which root has not got in most containers.
bool may_look_at_all();

// While it lives, files in /proc are opened as this user and group would (setfsuid(2); takes CAP_SETUID and
// CAP_SETGID): processes of others show themselves to those only. The user alone counts, where it is us
// nothing is done.
class ActingAs {
 public:
  ActingAs(uid_t user, gid_t group);
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  bool acts_;
};

}  // namespace bygone
