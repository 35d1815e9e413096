#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace bygone {

// Where a tracee's descriptor stands in its file (fdinfo, proc(5)), or -1.
int64_t file_position(pid_t tid, int fd);

// A file of the directory /proc/PID or /proc/PID/task/TID (proc(5)). All others have task 0.
struct TaskFile {
  pid_t task = 0;  // as that mount of /proc numbers it
  std::string name;
};

TaskFile task_file(pid_t tid, int fd);

// Flags of the open file (O_APPEND...), or 0 if it cannot be known.
int file_flags(pid_t tid, int fd);

// A descriptor of our own for the open file that is the tracee's `fd` (pidfd_getfd(2)), or -1. Nobody is told
// that the file was opened, as those who watch it would be (inotify(7), fanotify(7)). Its position and flags
// are the tracee's: nothing may change them.
int take_descriptor(pid_t process, pid_t tid, int fd);

}  // namespace bygone
