#include "schema/register_codec.h"

#include <map>

#include "schema/codec.h"

namespace bygone {

// Layout: number of entries; per entry tid (signed) and a presence byte; then for each register, in the order
// of enum Register, the zigzag difference from the previous entry of the same task (from 0 for its first).
std::vector<std::byte> encode_registers(std::span<const ChunkEntry> entries) {
  std::vector<std::byte> bytes;
  bytes.reserve(entries.size() * (kRegisterCount + 4));
  WireWriter out(bytes);
  out.put_unsigned(entries.size());
  // previous[i] is the index of the same task's entry before i, or -1.
  std::vector<ptrdiff_t> previous(entries.size(), -1);
  std::map<Tid, ptrdiff_t> latest;
  for (size_t i = 0; i < entries.size(); ++i) {
    out.put_signed(entries[i].task.value);
    out.put_unsigned(entries[i].registers ? 1 : 0);
    if (!entries[i].registers) continue;
    auto [it, fresh] = latest.try_emplace(entries[i].task, ptrdiff_t(i));
    if (!fresh) previous[i] = std::exchange(it->second, ptrdiff_t(i));
  }
  for (size_t r = 0; r < kRegisterCount; ++r) {
    for (size_t i = 0; i < entries.size(); ++i) {
      if (!entries[i].registers) continue;
      const uint64_t before = previous[i] < 0 ? 0 : entries[size_t(previous[i])].registers->values[r];
      out.put_signed(int64_t(entries[i].registers->values[r] - before));
    }
  }
  return bytes;
}

Expected<std::vector<ChunkEntry>> decode_registers(std::span<const std::byte> bytes, size_t max_entries) {
  auto damaged = [](std::string_view what) {
    return fail(ErrorKind::bad_data, "register chunk", std::string(what),
                "verify the recording or record again");
  };
  WireReader in(bytes);
  uint64_t count = 0;
  if (!in.get_unsigned(count)) return damaged("its length is cut short");
  if (count > max_entries || count > bytes.size()) return damaged("it claims more frames than it can hold");
  std::vector<ChunkEntry> entries(count);
  std::map<Tid, ptrdiff_t> latest;
  std::vector<ptrdiff_t> previous(count, -1);
  for (size_t i = 0; i < count; ++i) {
    int64_t tid = 0;
    uint64_t present = 0;
    if (!in.get_signed(tid) || tid != int32_t(tid) || !in.get_unsigned(present) || present > 1)
      return damaged("its list of tasks is damaged");
    entries[i].task = Tid{int32_t(tid)};
    if (present == 0) continue;
    entries[i].registers.emplace();
    auto [it, fresh] = latest.try_emplace(entries[i].task, ptrdiff_t(i));
    if (!fresh) previous[i] = std::exchange(it->second, ptrdiff_t(i));
  }
  for (size_t r = 0; r < kRegisterCount; ++r) {
    for (size_t i = 0; i < count; ++i) {
      if (!entries[i].registers) continue;
      int64_t difference = 0;
      if (!in.get_signed(difference)) return damaged("its register columns are cut short");
      const uint64_t before = previous[i] < 0 ? 0 : entries[size_t(previous[i])].registers->values[r];
      entries[i].registers->values[r] = before + uint64_t(difference);
    }
  }
  if (!in.at_end()) return damaged("it goes on behind its last column");
  return entries;
}

}  // namespace bygone
