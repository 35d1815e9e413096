#include <x86intrin.h>

#include <algorithm>

#include "recorder/session.h"

namespace bygone {

void Session::trap_timestamps(RecordedTask& task, const MemoryRange& range) {
  if (log_.failure()) return;  // nobody would be there for the trap
  TraceeMemory& memory = task.space->memory;
  for (const auto& [start, mapping] : task.space->space.mappings()) {
    const bool code = mapping.recorded.prot.execute && !mapping.recorded.prot.shared &&
                      mapping.data.source == DataSource::content && mapping.kind != MappingKind::vdso;
    if (!code || !mapping.range().intersects(range)) continue;
    for (const TimestampSite& site : files_.timestamp_sites(task.tid, mapping)) {
      if (site.offset_bytes < mapping.data.offset_bytes) continue;
      const Address at = start + (site.offset_bytes - mapping.data.offset_bytes);
      const size_t size = size_of(site.instruction);
      if (at + size > mapping.range().end) continue;
      std::byte found[3];
      if (!memory.read(at, found) || timestamp_instruction(found) != site.instruction) continue;
      const auto trap = trap_for(site.instruction);
      if (memory.write(at, trap)) log_.memory_write(Tid{task.tid}, at, trap);
    }
  }
}

void Session::restore_timestamps(RecordedTask& task) {
  if (!task.space || !std::exchange(task.space->timestamps_trap, false)) return;
  TraceeMemory& memory = task.space->memory;
  memory.follow(task.tid);
  for (const auto& [start, mapping] : task.space->space.mappings()) {
    if (mapping.recorded.prot.shared || mapping.data.source != DataSource::content) continue;
    for (const TimestampSite& site : files_.known_timestamp_sites(mapping)) {
      if (site.offset_bytes < mapping.data.offset_bytes) continue;
      const Address at = start + (site.offset_bytes - mapping.data.offset_bytes);
      const auto trap = trap_for(site.instruction);
      if (at + trap.size() > mapping.range().end) continue;
      std::byte found[3];
      if (memory.read(at, std::span(found).first(trap.size())) && std::equal(trap.begin(), trap.end(), found))
        memory.write(at, bytes_of(site.instruction));
    }
  }
}

std::optional<TimestampInstruction> Session::trapped_timestamp(RecordedTask& task, const siginfo_t& info) {
  const Address at{task.registers[Register::rip]};
  if (info.si_signo == SIGSEGV && info.si_code == SI_KERNEL) {  // PR_SET_TSC
    std::byte code[3] = {};
    if (!task.space->memory.read(at, code) && !task.space->memory.read(at, std::span(code).first(2)))
      return std::nullopt;
    return timestamp_instruction(code);
  }
  if (info.si_signo != SIGILL || info.si_code != ILL_ILLOPN) return std::nullopt;
  const Mapping* const mapping = task.space->space.find(at);
  if (mapping == nullptr || mapping->data.source != DataSource::content) return std::nullopt;
  const uint64_t offset_bytes = mapping->data.offset_bytes + (at - mapping->range().start);
  const auto& sites = files_.timestamp_sites(task.tid, *mapping);
  const auto site = std::find_if(sites.begin(), sites.end(),
                                 [&](const TimestampSite& s) { return s.offset_bytes == offset_bytes; });
  if (site == sites.end()) return std::nullopt;
  std::byte found[3];
  const auto trap = trap_for(site->instruction);
  const bool ours = task.space->memory.read(at, std::span(found).first(trap.size())) &&
                    std::equal(trap.begin(), trap.end(), found);
  return ours ? std::optional(site->instruction) : std::nullopt;
}

bool Session::emulate_instruction(RecordedTask& task, const siginfo_t& info) {
  const auto instruction = trapped_timestamp(task, info);
  if (!instruction) return false;
  const uint64_t value = __rdtsc();
  task.registers[Register::rax] = uint32_t(value);
  task.registers[Register::rdx] = value >> 32;
  // TSC_AUX: processor 0 of node 0
  if (*instruction == TimestampInstruction::rdtscp) task.registers[Register::rcx] = 0;
  task.registers[Register::rip] += size_of(*instruction);
  set_registers(task.tid, task.registers);
  return true;
}

}  // namespace bygone
