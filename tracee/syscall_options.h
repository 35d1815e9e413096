#pragma once

// The tables behind calls that are many calls in one. Each belongs to the one row that names it.

#include "tracee/syscall_table.h"

namespace bygone::options {

extern const OptionTable ioctl_requests;
extern const OptionTable fcntl_commands;
extern const OptionTable futex_operations;
extern const OptionTable prctl_options;
extern const OptionTable arch_prctl_codes;
extern const OptionTable socket_options_read;
extern const OptionTable socket_options_written;
extern const OptionTable semctl_commands;
extern const OptionTable shmctl_commands;
extern const OptionTable msgctl_commands;
extern const OptionTable keyctl_operations;
extern const OptionTable quotactl_commands;
extern const OptionTable quotactl_fd_commands;
extern const OptionTable ptrace_requests;
extern const OptionTable seccomp_operations;
extern const OptionTable syslog_actions;
extern const OptionTable sysfs_options;
extern const OptionTable modify_ldt_functions;
extern const OptionTable bpf_commands;
extern const OptionTable process_madvise_advices;

}  // namespace bygone::options
