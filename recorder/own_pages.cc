#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>

#include "recorder/session.h"
#include "tracee/stub_image.h"

namespace bygone {

// bygone's pages in the tracee are a place the program knows nothing of: calls over ranges that hold them
// leave them alone.

void Session::guard_own_pages(RecordedTask& task) {
  const Registers& call = task.registers;
  auto hits = [](uint64_t start, uint64_t size_bytes) {
    return MemoryRange{page_floor(Address{start}), page_ceil(Address{start + size_bytes})}.intersects(
        kOwnPages);
  };
  switch (call[Register::orig_rax]) {
    case SYS_mmap:
      if ((call.argument(3) & MAP_FIXED) != 0 && hits(call.argument(0), call.argument(1)))
        answer(task, -ENOMEM);
      return;
    case SYS_mremap:
      if (hits(call.argument(0), call.argument(1))) return answer(task, -EFAULT);
      if ((call.argument(3) & MREMAP_FIXED) != 0 && hits(call.argument(4), call.argument(2)))
        answer(task, -ENOMEM);
      return;
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_pkey_mprotect:
    case SYS_madvise:
      if (call.argument(0) % kPageSize != 0 || !hits(call.argument(0), call.argument(1))) return;
      answer(task, 0);
      task.beside_own_pages = true;
      return;
    default:
      return;
  }
}

Expected<void> Session::run_beside_own_pages(RecordedTask& task) {
  const Registers& call = task.entry.registers;
  const uint64_t number = call[Register::orig_rax];
  const Address start{call.argument(0)};
  std::vector<RemoteCall> calls;
  for (const MemoryRange& part : beside_own_pages({start, page_ceil(start + call.argument(1))}))
    calls.push_back({number, {part.start.value, part.size_bytes(), call.argument(2), call.argument(3)}});
  const auto done = make_calls(task, calls);
  if (!done) return done.error().kind == ErrorKind::not_found ? Expected<void>{} : done;
  // To munmap a hole is nothing; the others do their work around it and say ENOMEM.
  task.forced_result = number == SYS_munmap ? 0 : -ENOMEM;
  for (const RemoteCall& part : calls)
    if (part.result < 0) task.forced_result = part.result;
  return {};
}

}  // namespace bygone
