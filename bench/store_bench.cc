// Appending to a recording, beside what SQLite takes for rows of the same shape in the same run.

#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include "bench/measuring.h"
#include "schema/codec.h"
#include "store/store.h"

namespace bygone {
namespace {

constexpr int kFrames = 20000;

Frame frame_at(int event) {
  Frame frame;
  frame.event = EventNumber{uint64_t(event)};
  frame.task = Tid{1000};
  frame.call = event % 300;
  frame.result = event % 7 - 2;
  frame.time_ns = uint64_t(event) * 1000;
  return frame;
}

// Frames with registers, as a recorder sends them. Items are frames.
void BM_AppendFrames(benchmark::State& state) {
  const Folder folder;
  auto store = Store::open(folder.path());
  if (!store) return state.SkipWithError(store.error().message().c_str());
  Registers registers;
  for (auto _ : state) {
    auto recording = store->create("", "bench", {});
    if (!recording) return state.SkipWithError(recording.error().message().c_str());
    for (int event = 1; event <= kFrames; ++event) {
      registers[Register::rip] = 0x7f0000001000u + uint64_t(event * 37 % 4096);
      const auto added =
          append_row(*recording->sink, frame_at(event), std::as_bytes(std::span(registers.values)));
      if (!added) return state.SkipWithError(added.error().message().c_str());
    }
    if (auto done = recording->sink->commit(); !done)
      return state.SkipWithError(done.error().message().c_str());
  }
  state.SetItemsProcessed(state.iterations() * kFrames);
}
BENCHMARK(BM_AppendFrames)->Unit(benchmark::kMillisecond)->UseRealTime();

// The same slim rows and registers as plain prepared statements: the floor.
void BM_PlainSqliteRows(benchmark::State& state) {
  const Folder folder;
  sqlite3* database = nullptr;
  sqlite3_open((folder.path() / "plain.db").c_str(), &database);
  sqlite3_exec(
      database,
      "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE "
      "frame(event "
      "INTEGER PRIMARY KEY, task INTEGER, kind INTEGER, call INTEGER, result INTEGER, time_ns INTEGER, "
      "registers BLOB)",
      nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO frame VALUES(?1, 1000, 1, ?2, 0, ?3, ?4)", -1, &insert, nullptr);
  Registers registers;
  int64_t row = 0;
  for (auto _ : state) {
    sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr);
    for (int event = 1; event <= kFrames; ++event) {
      sqlite3_bind_int64(insert, 1, ++row);
      sqlite3_bind_int64(insert, 2, event % 300);
      sqlite3_bind_int64(insert, 3, event * 1000);
      sqlite3_bind_blob(insert, 4, registers.values.data(), sizeof registers, SQLITE_STATIC);
      if (sqlite3_step(insert) != SQLITE_DONE) return state.SkipWithError(sqlite3_errmsg(database));
      sqlite3_reset(insert);
    }
    sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr);
  }
  state.SetItemsProcessed(state.iterations() * kFrames);
  sqlite3_finalize(insert);
  sqlite3_close(database);
}
BENCHMARK(BM_PlainSqliteRows)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace bygone
