// What storing costs, beside the same work done bare in the same run: rows against SQLite through prepared
// statements, file content against SHA-256 and zstd alone. Prints the table of docs/performance.md.
//   store_cost [ROUNDS] [FOLDER]    FOLDER: where to write; the system's temporary one unless told
// Rounds are interleaved and medians shown. Rates are per second of processor time of the process that does
// the work, so that they hold on a busy machine too.

#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/measuring.h"
#include "schema/codec.h"
#include "store/compression.h"
#include "store/recording_files.h"
#include "store/service.h"
#include "store/sha256.h"
#include "store/store.h"

namespace bygone {
namespace {

constexpr int kFrames = 400'000;
constexpr size_t kContentBytes = 64 << 20;
constexpr size_t kBlockBytes = 64 << 10;

// Processor time of another process so far.
double seconds_of_process(pid_t pid) {
  clockid_t clock{};
  return ::clock_getcpuclockid(pid, &clock) == 0 ? seconds_of(clock) : 0;
}

// A program that goes through a few calls again and again, as most do.
class Frames {
 public:
  Frame frame(int event) const {
    Frame frame;
    frame.event = EventNumber{uint64_t(event)};
    frame.task = Tid{4711};
    frame.call = kCalls[size_t(event) % std::size(kCalls)];
    frame.result = event % 5 == 0 ? 4096 : event % 11;
    frame.time_ns = uint64_t(event) * 20'011 + uint64_t(event) * 7919 % 4096;
    return frame;
  }
  const Registers& registers(int event) {
    const uint64_t step = uint64_t(event);
    registers_[Register::rax] = uint64_t(event % 11);
    registers_[Register::orig_rax] = uint64_t(kCalls[step % std::size(kCalls)]);
    registers_[Register::rip] = 0x7f12'3456'7000u + step % std::size(kCalls) * 0x2b7;
    registers_[Register::rcx] = registers_[Register::rip];
    registers_[Register::rsp] = 0x7ffc'1234'8000u - step % 16 * 48;
    registers_[Register::rdi] = step % 6;
    registers_[Register::rsi] = 0x5555'5576'a000u + step * 64 % 65536;
    registers_[Register::rdx] = step * 2654435761u % 8192;
    return registers_;
  }

 private:
  static constexpr int32_t kCalls[] = {0, 1, 3, 8, 9, 257, 262, 5, 0, 0, 1, 12, 72};
  Registers registers_;
};

std::span<const std::byte> bytes_of(const Registers& registers) {
  return std::as_bytes(std::span(registers.values));
}

void through_service(const std::filesystem::path& parent, Samples& samples) {
  const Folder folder(parent);
  Store store = need(Store::open(folder.path()));
  auto recording = need(store.create("frames", "frames", {}));
  const pid_t service = pid_t(need(service_status(folder.path())).pid);
  Frames frames;
  const double service_before = seconds_of_process(service);
  const double began = seconds_of(CLOCK_MONOTONIC);
  const double cpu_began = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  for (int event = 1; event <= kFrames; ++event)
    need(append_row(*recording.sink, frames.frame(event), bytes_of(frames.registers(event))));
  const double cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID) - cpu_began;
  need(recording.sink->commit());
  samples.add("wall", kFrames / (seconds_of(CLOCK_MONOTONIC) - began));
  samples.add("service", kFrames / (seconds_of_process(service) - service_before));
  samples.add("recorder_ns", cpu * 1e9 / kFrames);
  recording.sink.reset();
  const auto size = recording_size_bytes(recording_path(folder.path(), "frames"));
  samples.add("frame_bytes", double(size) / kFrames);
}

enum class RawRows { slim, with_registers };

void through_sqlite(const std::filesystem::path& parent, RawRows rows, Samples& samples) {
  const Folder folder(parent);
  const auto path = folder.path() / "plain.db";
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  const bool slim = rows == RawRows::slim;
  sqlite3_exec(database,
               "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
               "CREATE TABLE frame(event INTEGER PRIMARY KEY, task INTEGER, kind INTEGER, call INTEGER, "
               "result INTEGER, time_ns INTEGER, registers BLOB)",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO frame VALUES(?, ?, ?, ?, ?, ?, ?)", -1, &insert, nullptr);
  Frames frames;
  const double began = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr);
  for (int event = 1; event <= kFrames; ++event) {
    const Frame frame = frames.frame(event);
    const Registers& registers = frames.registers(event);
    sqlite3_bind_int64(insert, 1, int64_t(frame.event.value));
    sqlite3_bind_int64(insert, 2, frame.task.value);
    sqlite3_bind_int64(insert, 3, int64_t(frame.kind));
    sqlite3_bind_int64(insert, 4, *frame.call);
    sqlite3_bind_int64(insert, 5, *frame.result);
    sqlite3_bind_int64(insert, 6, int64_t(frame.time_ns));
    if (!slim) sqlite3_bind_blob(insert, 7, registers.values.data(), sizeof registers, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE) die(sqlite3_errmsg(database));
    sqlite3_reset(insert);
    if (event % 10'000 == 0) sqlite3_exec(database, "COMMIT; BEGIN", nullptr, nullptr, nullptr);
  }
  sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr);
  const double cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID) - began;
  sqlite3_finalize(insert);
  sqlite3_close(database);
  samples.add(slim ? "raw_slim" : "raw_registers", kFrames / cpu);
  samples.add(slim ? "raw_slim_bytes" : "raw_registers_bytes",
              double(std::filesystem::file_size(path)) / kFrames);
}

// Executables and libraries, which is what gets mapped.
std::vector<std::byte> sample_content() {
  std::vector<std::byte> bytes;
  for (const char* folder : {"/usr/bin", "/usr/lib/x86_64-linux-gnu"})
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::error_code error;
      if (!entry.is_regular_file(error) || entry.is_symlink(error) || bytes.size() >= kContentBytes) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(in)), {});
      const auto span = std::as_bytes(std::span(text));
      bytes.insert(bytes.end(), span.begin(), span.end());
    }
  bytes.resize(std::min(bytes.size(), kContentBytes));
  return bytes;
}

void content(const std::filesystem::path& parent, const std::vector<std::byte>& bytes, Samples& samples) {
  const Folder folder(parent);
  const auto file = folder.path() / "file";
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  Store store = need(Store::open(folder.path() / "store"));
  auto recording = need(store.create("files", "files", {}));
  const pid_t service = pid_t(need(service_status(folder.path() / "store")).pid);
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const double before = seconds_of_process(service);
  const double began = seconds_of(CLOCK_MONOTONIC);
  need(recording.sink->add_file(fd, FileIdentity{{0, 1}, 2, bytes.size(), 1, 1}, "/file"));
  need(recording.sink->commit());
  samples.add("content_wall", double(bytes.size()) / (seconds_of(CLOCK_MONOTONIC) - began));
  samples.add("content", double(bytes.size()) / (seconds_of_process(service) - before));
  ::close(fd);
}

// The same bytes as what a program reads, which a second recording finds there.
void reads(const std::filesystem::path& parent, const std::vector<std::byte>& bytes, Samples& samples) {
  const Folder folder(parent);
  Store store = need(Store::open(folder.path()));
  for (const char* name : {"reads", "reads_again"}) {
    auto reads = need(store.create(name, name, {}));
    const pid_t service = pid_t(need(service_status(folder.path())).pid);
    const double reads_before = seconds_of_process(service);
    for (uint64_t event = 1; event <= bytes.size() / (1 << 18); ++event) {
      const auto part = std::span(bytes).subspan((event - 1) << 18, 1 << 18);
      need(append_row(*reads.sink, MemoryWrite{EventNumber{event}, 0, Tid{1}, Address{4096}, part.size()},
                      part));
      Frame frame;
      frame.event = EventNumber{event};
      need(append_row(*reads.sink, frame));
    }
    need(reads.sink->commit());
    samples.add(name, double(bytes.size()) / (seconds_of_process(service) - reads_before));
  }
}

void bare_content(const std::vector<std::byte>& bytes, Samples& samples) {
  Compressor compressor;
  Sha256 sha256;
  uint64_t stored = 0;
  const double began = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  for (size_t at = 0; at < bytes.size(); at += kBlockBytes) {
    const auto block = std::span(bytes).subspan(at, std::min(kBlockBytes, bytes.size() - at));
    sha256.add(block);
    stored += compressor.compress(block).size() + sha256.finish().size();
  }
  samples.add("bare_content", double(bytes.size()) / (seconds_of(CLOCK_THREAD_CPUTIME_ID) - began));
  samples.add("content_ratio", double(bytes.size()) / double(stored));
}

void print(Samples& samples) {
  const double raw = samples.median("raw_registers");
  const double slim = samples.median("raw_slim");
  const double service = samples.median("service");
  const double bare = samples.median("bare_content");
  fmt::print("| what | per second of processor time | to bare | goal |\n|---|---|---|---|\n");
  fmt::print("| frames with registers, SQLite alone | {:.2f} M | 1 | |\n", raw / 1e6);
  fmt::print("| frames without registers, SQLite alone | {:.2f} M | | |\n", slim / 1e6);
  fmt::print(
      "| frames with registers, ring and service | {:.2f} M | {:.2f} ({:.2f} of those without) | 0.8; 1 M "
      "|\n",
      service / 1e6, service / raw, service / slim);
  fmt::print("| the same, by the clock | {:.2f} M | | |\n", samples.median("wall") / 1e6);
  fmt::print("| file content, SHA-256 and zstd level 1 alone | {:.0f} MB | 1 | |\n", bare / 1e6);
  for (const auto& [key, what] : {std::pair{"content", "file content, ring and service"},
                                  std::pair{"content_wall", "the same, by the clock"},
                                  std::pair{"reads", "bytes read, new to the store"},
                                  std::pair{"reads_again", "bytes read, known to the store"}})
    fmt::print("| {} | {:.0f} MB | {:.2f} | {} |\n", what, samples.median(key) / 1e6,
               samples.median(key) / bare, key == std::string("content") ? "bound by the line above" : "");
  fmt::print("\n| recorder's cost of a frame | {:.0f} ns | goal: 300 |\n", samples.median("recorder_ns"));
  fmt::print(
      "| size of a frame with registers | {:.1f} bytes | SQLite alone {:.0f}, without registers {:.1f} |\n",
      samples.median("frame_bytes"), samples.median("raw_registers_bytes"), samples.median("raw_slim_bytes"));
}

}  // namespace
}  // namespace bygone

int main(int argc, char** argv) {
  using namespace bygone;
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 7;
  const std::filesystem::path parent = argc > 2 ? argv[2] : std::filesystem::temp_directory_path();
  const auto bytes = sample_content();
  Samples samples;
  for (int round = 0; round < rounds; ++round) {
    through_service(parent, samples);
    through_sqlite(parent, RawRows::with_registers, samples);
    through_sqlite(parent, RawRows::slim, samples);
    content(parent, bytes, samples);
    reads(parent, bytes, samples);
    bare_content(bytes, samples);
  }
  print(samples);
}
