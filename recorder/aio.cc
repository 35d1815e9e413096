#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "recorder/session.h"
#include "tracee/kernel_aio.h"
#include "tracee/proc_maps.h"

// The kernel's asynchronous requests write into the program's memory, and into files that it maps, when they
// are carried out, at no event. So who submits some to files waits for their ends; what a read has written
// that could not be waited for is written down when the program is told of it.

namespace bygone {

namespace {

// Requests on anything else may take for ever.
bool ends_soon(const RecordedTask& task, int fd) {
  struct stat st;
  return stat(fmt::format("/proc/{}/fd/{}", task.tid, fd).c_str(), &st) == 0 &&
         (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
}

}  // namespace

void Session::on_io_setup(RecordedTask& task) {
  uint64_t context = 0;
  if (!task.space->memory.read_value(Address{task.entry.registers.argument(1)}, context)) return;
  const auto kernel = find_mapping(task.tid, Address{context});
  if (!kernel) return;
  // Events are taken out by calls then, which are recorded (libaio looks for the number).
  task.space->memory.write_value(kernel->range.start + offsetof(AioRing, magic), uint32_t{0});
  Mapping mapping;
  mapping.recorded = *kernel;
  mapping.kind = MappingKind::device;
  maps_devices_ = true;
  task.space->space.insert(log_.next(), std::move(mapping));
}

void Session::on_io_destroy(RecordedTask& task) {
  const Mapping* const ring = task.space->space.find(Address{task.entry.registers.argument(0)});
  if (ring == nullptr || !ring->recorded.path.starts_with(kAioRingPath)) return;
  task.space->space.remove(log_.next(), ring->range());
}

void Session::note_aio_ring(RecordedTask& task) {
  AioRing ring{};
  task.aio_tail.reset();
  if (task.space->memory.read_value(Address{task.registers.argument(0)}, ring)) task.aio_tail = ring.tail;
}

void Session::await_requests(RecordedTask& task, int64_t submitted) {
  constexpr auto kPatience = std::chrono::seconds(1);
  constexpr useconds_t kPauseUs = 50;
  const Registers& call = task.entry.registers;
  TraceeMemory& memory = task.space->memory;
  auto& under_way = task.space->reads_under_way;
  std::set<uint64_t> awaited;
  for (AioRequest& request :
       read_requests(call.argument(2), uint64_t(std::max<int64_t>(submitted, 0)), memory)) {
    const bool reads = !request.read_into.empty();
    if ((reads || request.written_bytes > 0) && ends_soon(task, request.fd)) awaited.insert(request.address);
    if (reads) under_way[request.address] = std::move(request.read_into);
  }
  const Address ring_at{call.argument(0)};
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (task.aio_tail && !(awaited.empty() && under_way.empty())) {
    AioRing ring{};
    if (!memory.read_value(ring_at, ring) || ring.count == 0) return;
    for (uint32_t& at = *task.aio_tail; at != ring.tail % ring.count; at = (at + 1) % ring.count) {
      io_event event{};
      if (!memory.read_value(ring_at + ring.header_bytes + at * sizeof event, event)) return;
      under_way.erase(event.obj);
      awaited.erase(event.obj);
    }
    if (awaited.empty() || std::chrono::steady_clock::now() >= give_up) return;
    usleep(kPauseUs);
  }
}

void Session::capture_ended_reads(RecordedTask& task, int64_t events) {
  auto& under_way = task.space->reads_under_way;
  const Address first{task.entry.registers.argument(3)};
  for (int64_t i = 0; i < events && !under_way.empty(); ++i) {
    io_event event{};
    if (!task.space->memory.read_value(first + uint64_t(i) * sizeof event, event)) return;
    if (const auto found = under_way.extract(event.obj); !found.empty()) capture_ranges(task, found.mapped());
  }
}

}  // namespace bygone
