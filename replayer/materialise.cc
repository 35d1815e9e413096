#include "replayer/materialise.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>

#include "tracee/call_result.h"
#include "tracee/proc_maps.h"

namespace bygone {

namespace {

constexpr size_t kMostFilesAtOnce = 64;  // bounded by the scratch room for their control message

bool is_made(const Mapping& mapping) {
  return mapping.kind != MappingKind::bygone && mapping.kind != MappingKind::vsyscall;
}

}  // namespace

Protection protection_in_replay(const Mapping& mapping) {
  Protection protection = mapping.recorded.prot;
  protection.shared = mapping.is_shared();
  return protection;
}

Expected<void> Materialiser::run(pid_t pid, TraceeMemory& memory, std::vector<RemoteCall>& calls,
                                 std::string_view what) {
  if (calls.empty()) return {};
  std::vector<siginfo_t> ignored;  // replayed processes are sent no signals that matter
  BYGONE_TRY(run_remote_calls(pid, memory, calls, ignored));
  ptrace_stops_ += (calls.size() + kMaxRemoteCalls - 1) / kMaxRemoteCalls;
  for (const RemoteCall& call : calls) {
    if (!is_error(call.result)) continue;
    return fail(ErrorKind::unavailable, fmt::format("replayed process {}", pid),
                fmt::format("{}: system call {} at 0x{:x} (0x{:x} bytes) failed: {}", what, call.number,
                            call.arguments[0], call.arguments[1], std::strerror(int(-call.result))),
                "check memory limits (ulimit -v, vm.max_map_count, vm.overcommit_memory)");
  }
  return {};
}

Expected<void> Materialiser::clear(pid_t pid, TraceeMemory& memory) {
  BYGONE_ASSIGN(const auto kernel, read_maps(pid));
  std::vector<RemoteCall> calls;
  for (const KernelMapping& mapping : kernel) {
    if (kOwnPages.contains(mapping.range) || mapping.path == "[vsyscall]") continue;
    calls.push_back({SYS_munmap, {mapping.range.start.value, mapping.range.size_bytes()}});
  }
  return run(pid, memory, calls, "clearing the address space");
}

Expected<KernelMapping> Materialiser::replayed_half(const Mapping& mapping) {
  KernelMapping half = mapping.recorded;
  half.file_stat = {};
  half.prot = protection_in_replay(mapping);
  BYGONE_ASSIGN(const ContentFiles::File* file, files_.file_for(mapping));
  half.device = file != nullptr ? file->device : Device{};
  half.inode = file != nullptr ? file->inode : 0;
  half.path = file != nullptr ? file->path : "";
  half.offset_bytes = 0;
  if (file != nullptr)
    half.offset_bytes = mapping.data.source == DataSource::content ? mapping.data.offset_bytes
                                                                   : mapping.recorded.offset_bytes;
  return half;
}

Expected<std::vector<int>> Materialiser::hand_over(pid_t pid, TraceeMemory& memory,
                                                   const std::vector<int>& fds) {
  BYGONE_TRY(processes_.pass(fds.data(), fds.size()));
  // In the process's scratch room: msghdr, iovec, one byte of data, control message.
  struct Receive {
    msghdr message;
    iovec data;
    uint64_t byte;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMostFilesAtOnce)];
  };
  static_assert(sizeof(Receive) <= kScratchBytes);
  auto there = [](size_t offset) { return reinterpret_cast<void*>(kScratch.value + offset); };
  Receive receive{};
  receive.message.msg_iov = static_cast<iovec*>(there(offsetof(Receive, data)));
  receive.message.msg_iovlen = 1;
  receive.message.msg_control = there(offsetof(Receive, control));
  receive.message.msg_controllen = sizeof receive.control;
  receive.data = {there(offsetof(Receive, byte)), 1};
  if (!memory.write_value(kScratch, receive))
    return fail(ErrorKind::internal, fmt::format("replayed process {}", pid), "has lost bygone's pages");
  std::vector<RemoteCall> calls = {{SYS_recvmsg, {uint64_t(kFileDescriptor), kScratch.value, 0}}};
  BYGONE_TRY(run(pid, memory, calls, "receiving files"));
  if (!memory.read_value(kScratch, receive))
    return fail(ErrorKind::internal, fmt::format("replayed process {}", pid), "has lost bygone's pages");
  std::vector<int> theirs(fds.size());
  cmsghdr header;
  std::memcpy(&header, receive.control, sizeof header);
  if (header.cmsg_len != CMSG_LEN(sizeof(int) * fds.size()))
    return fail(ErrorKind::unavailable, fmt::format("replayed process {}", pid), "could not take all files",
                "raise the limit of open files (ulimit -n)");
  std::memcpy(theirs.data(), receive.control + CMSG_LEN(0), sizeof(int) * fds.size());
  return theirs;
}

Expected<void> Materialiser::make(pid_t pid, TraceeMemory& memory, const std::vector<Part>& parts,
                                  Filling filling) {
  for (const Part& part : parts)
    if (is_made(*part.mapping) && part.range.intersects(kOwnPages))
      return fail(ErrorKind::bad_data, fmt::format("mapping {}", part.mapping->id.value),
                  "takes the place of bygone's own pages",
                  "no recorder makes such a recording: do not trust it");
  std::vector<const ContentFiles::File*> files;  // per part
  std::vector<int> distinct;
  for (const Part& part : parts) {
    BYGONE_ASSIGN(const ContentFiles::File* file, files_.file_for(*part.mapping));
    files.push_back(is_made(*part.mapping) ? file : nullptr);
    if (files.back() != nullptr && std::find(distinct.begin(), distinct.end(), file->fd) == distinct.end())
      distinct.push_back(file->fd);
  }
  std::map<int, int> theirs;
  for (size_t done = 0; done < distinct.size(); done += kMostFilesAtOnce) {
    const std::vector<int> some(
        distinct.begin() + ptrdiff_t(done),
        distinct.begin() + ptrdiff_t(std::min(distinct.size(), done + kMostFilesAtOnce)));
    BYGONE_ASSIGN(const std::vector<int> taken, hand_over(pid, memory, some));
    for (size_t i = 0; i < some.size(); ++i) theirs[some[i]] = taken[i];
  }
  std::vector<RemoteCall> calls;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Mapping& mapping = *parts[i].mapping;
    if (!is_made(mapping)) continue;
    BYGONE_ASSIGN(const KernelMapping half, replayed_half(mapping));
    const uint64_t skipped = parts[i].range.start - mapping.range().start;
    const bool has_file = files[i] != nullptr;
    uint64_t flags = MAP_FIXED | (mapping.is_shared() ? MAP_SHARED : MAP_PRIVATE);
    flags |= mapping.recorded.flags & (MAP_GROWSDOWN | MAP_NORESERVE);
    if (!has_file) flags |= MAP_ANONYMOUS;
    // Room that the recorded machine granted may be more than this one would.
    if (!has_file && !mapping.recorded.prot.write) flags |= MAP_NORESERVE;
    calls.push_back({SYS_mmap,
                     {parts[i].range.start.value, parts[i].range.size_bytes(),
                      uint64_t(mapping.recorded.prot.prot_bits()), flags,
                      has_file ? uint64_t(theirs[files[i]->fd]) : ~uint64_t{0},
                      has_file ? half.offset_bytes + skipped : 0}});
  }
  for (const auto& [ours, descriptor] : theirs) calls.push_back({SYS_close, {uint64_t(descriptor)}});
  BYGONE_TRY(run(pid, memory, calls, "making the recorded mappings"));
  if (filling == Filling::files_only) return {};
  for (const Part& part : parts) {
    if (part.mapping->data.source != DataSource::bytes || part.range != part.mapping->range()) continue;
    BYGONE_ASSIGN(const std::vector<std::byte> bytes, recording_.mapping_bytes(part.mapping->id));
    if (bytes.size() > part.range.size_bytes() || !memory.write(part.range.start, bytes))
      return fail(ErrorKind::bad_data, fmt::format("mapping {}", part.mapping->id.value),
                  "its stored bytes do not fit its range",
                  "`bygone verify` says how far the recording can be used");
  }
  return {};
}

}  // namespace bygone
