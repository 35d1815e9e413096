#include "tracee/kernel_aio.h"

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>

namespace bygone {

namespace {

template <class T>
bool read_array(MemoryReader& memory, uint64_t address, std::span<T> out) {
  return address != 0 && memory.read(Address{address}, std::as_writable_bytes(out));
}

std::vector<MemoryRange> buffers_of(const iocb& request, MemoryReader& memory) {
  std::vector<MemoryRange> ranges;
  const bool scattered =
      request.aio_lio_opcode == IOCB_CMD_PREADV || request.aio_lio_opcode == IOCB_CMD_PWRITEV;
  if (!scattered) {
    add_range(request.aio_buf, request.aio_nbytes, ranges);
    return ranges;
  }
  std::vector<uint64_t> notes;
  note_iovecs(request.aio_buf, request.aio_nbytes, memory, notes);
  add_iovecs(notes, UINT64_MAX, ranges);
  return ranges;
}

void describe(const iocb& asked, MemoryReader& memory, AioRequest& request) {
  switch (asked.aio_lio_opcode) {
    case IOCB_CMD_PREAD:
    case IOCB_CMD_PREADV:
      request.read_into = buffers_of(asked, memory);
      return;
    case IOCB_CMD_PWRITE:
    case IOCB_CMD_PWRITEV:
      for (const MemoryRange& range : buffers_of(asked, memory)) request.written_bytes += range.size_bytes();
      return;
    default:
      return;
  }
}

}  // namespace

std::vector<AioRequest> read_requests(uint64_t pointers, uint64_t count, MemoryReader& memory) {
  constexpr uint64_t kMost = 1 << 16;  // the kernel takes no more than the context has room for
  std::vector<AioRequest> requests;
  for (uint64_t i = 0; i < std::min(count, kMost); ++i) {
    uint64_t address = 0;
    iocb asked{};
    if (!read_array(memory, pointers + i * sizeof address, std::span(&address, 1))) break;
    if (!read_array(memory, address, std::span(&asked, 1))) break;
    AioRequest& request = requests.emplace_back();
    request.address = address;
    request.fd = int(asked.aio_fildes);
    request.offset_bytes = asked.aio_offset;
    describe(asked, memory, request);
  }
  return requests;
}

void note_requests(uint64_t pointers, uint64_t count, MemoryReader& memory, std::vector<uint64_t>& notes) {
  const auto note = [&](uint64_t start, uint64_t size_bytes) {
    notes.push_back(start);
    notes.push_back(size_bytes);
  };
  for (const AioRequest& request : read_requests(pointers, count, memory)) {
    note(request.address + offsetof(iocb, aio_key), sizeof(iocb::aio_key));
    for (const MemoryRange& range : request.read_into) note(range.start.value, range.size_bytes());
  }
}

void add_requests(Notes notes, std::vector<MemoryRange>& ranges) {
  for (size_t i = 0; i + 1 < notes.size(); i += 2) add_range(notes[i], notes[i + 1], ranges);
}

}  // namespace bygone
