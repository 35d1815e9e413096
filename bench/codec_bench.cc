// The codecs every event goes through: rows and registers.

#include <benchmark/benchmark.h>

#include "schema/codec.h"
#include "schema/register_codec.h"

namespace bygone {
namespace {

Frame sample_frame() {
  Frame frame;
  frame.event = EventNumber{123456};
  frame.task = Tid{4711};
  frame.call = 257;
  frame.result = 3;
  frame.time_ns = 987654321;
  return frame;
}

std::vector<ChunkEntry> sample_entries() {
  std::vector<ChunkEntry> entries;
  Registers registers;
  for (size_t i = 0; i < kRegisterCount; ++i) registers.values[i] = 0x7f0000000000u + i * 0x1234;
  for (int event = 0; event < 1024; ++event) {
    registers[Register::rax] = uint64_t(event);
    registers[Register::rip] = 0x7f0000001000u + uint64_t(event * 37 % 4096);
    registers[Register::rsi] = 0x7ffc00000000u + uint64_t(event * 16 % 8192);
    entries.push_back({Tid{100 + event % 3}, registers});
  }
  return entries;
}

void BM_EncodeFrameRow(benchmark::State& state) {
  const Frame frame = sample_frame();
  std::vector<std::byte> bytes;
  for (auto _ : state) {
    bytes.clear();
    encode_row(frame, bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_EncodeFrameRow);

void BM_DecodeFrameRow(benchmark::State& state) {
  std::vector<std::byte> bytes;
  encode_row(sample_frame(), bytes);
  for (auto _ : state) benchmark::DoNotOptimize(decode_row<Frame>(bytes));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_DecodeFrameRow);

void BM_DecodeMappingRow(benchmark::State& state) {
  Mapping mapping;
  mapping.recorded.range = {Address{0x7f0000000000}, Address{0x7f0000010000}};
  mapping.recorded.path = "/usr/lib/x86_64-linux-gnu/libc.so.6";
  std::vector<std::byte> bytes;
  encode_row(mapping, bytes);
  for (auto _ : state) benchmark::DoNotOptimize(decode_row<Mapping>(bytes));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_DecodeMappingRow);

// Items are frames.
void BM_EncodeRegisters(benchmark::State& state) {
  const auto entries = sample_entries();
  size_t size = 0;
  for (auto _ : state) size = encode_registers(entries).size();
  state.SetItemsProcessed(state.iterations() * int64_t(entries.size()));
  state.counters["bytes_per_frame"] = double(size) / double(entries.size());
}
BENCHMARK(BM_EncodeRegisters);

void BM_DecodeRegisters(benchmark::State& state) {
  const auto entries = sample_entries();
  const auto bytes = encode_registers(entries);
  for (auto _ : state) benchmark::DoNotOptimize(decode_registers(bytes, entries.size()));
  state.SetItemsProcessed(state.iterations() * int64_t(entries.size()));
}
BENCHMARK(BM_DecodeRegisters);

}  // namespace
}  // namespace bygone
