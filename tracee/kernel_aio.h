#pragma once

// The kernel's asynchronous input and output, io_submit(2) and its kin (linux/aio_abi.h, fs/aio.c).

#include <linux/aio_abi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "schema/memory_range.h"
#include "tracee/syscall_interpreter.h"
#include "tracee/syscall_iovecs.h"

namespace bygone {

// As /proc/PID/maps names the ring of a context (aio_private_file()).
inline constexpr std::string_view kAioRingPath = "/[aio]";

// What a context begins with, at the address that is its name; `count` events follow.
struct AioRing {
  uint32_t id;
  uint32_t count;
  uint32_t head;
  uint32_t tail;
  uint32_t magic;  // whoever finds it there takes events out by himself
  uint32_t compat_features;
  uint32_t incompat_features;
  uint32_t header_bytes;
};

// A request as it was submitted.
struct AioRequest {
  uint64_t address = 0;  // of its iocb, by which the event of its end names it
  int fd = -1;
  std::vector<MemoryRange> read_into;  // of a read
  uint64_t written_bytes = 0;          // of a write, to `offset_bytes`
  int64_t offset_bytes = 0;
};

// Those of the array of `count` pointers at `pointers` that can be read.
std::vector<AioRequest> read_requests(uint64_t pointers, uint64_t count, MemoryReader& memory);

// What io_submit(2) writes by itself, and what the reads do that it starts.
void note_requests(uint64_t pointers, uint64_t count, MemoryReader& memory, std::vector<uint64_t>& notes);
void add_requests(Notes notes, std::vector<MemoryRange>& ranges);

}  // namespace bygone
