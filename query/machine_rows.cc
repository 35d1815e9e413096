#include "query/machine_rows.h"

#include <fmt/core.h>

#include <algorithm>

#include "query/arguments.h"
#include "query/names.h"

namespace bygone::query {
namespace {

constexpr size_t kBytesPerRow = 16;
constexpr uint64_t kMostBytes = uint64_t{64} << 20;
constexpr uint64_t kMostWatchedBytes = uint64_t{1} << 20;

Expected<Machine*> usable(Machine* machine, std::string_view what) {
  if (machine != nullptr) return machine;
  return fail(ErrorKind::unavailable, std::string(what), "takes a replay, and there is nobody to make one",
              "ask `bygone query` or `bygone sql`");
}

// Addresses are unsigned; half of them are negative to SQLite.
Expected<Address> address_in(const Cell& cell, std::string_view function) {
  if (const auto* number = std::get_if<int64_t>(&cell)) return Address{uint64_t(*number)};
  return fail(ErrorKind::usage, fmt::format("{}()", function), "its argument from_address must be a number",
              "write 0x7f12a000");
}

Expected<uint64_t> size_in(const Cell& cell, std::string_view function, uint64_t most) {
  BYGONE_ASSIGN(const uint64_t size, positive(cell, function, "size"));
  if (size <= most) return size;
  return fail(ErrorKind::usage, fmt::format("{}()", function),
              fmt::format("is asked for {} bytes, {} at most are shown at once", size, most), "ask for less");
}

std::string hex_of(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{}{:02x}", text.empty() ? "" : " ", unsigned(byte));
  return text;
}

std::string printable(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += char(byte) >= ' ' && char(byte) <= '~' ? char(byte) : '.';
  return text;
}

RowFunction memory_at(Machine* given) {
  return {"memory_at",
          {"address", "bytes", "text", "address_number"},
          {"event", "task", "from_address", "size"},
          4,
          [given](const Row& arguments) -> Expected<std::vector<Row>> {
            BYGONE_ASSIGN(Machine* const machine, usable(given, "memory"));
            BYGONE_ASSIGN(const uint64_t event, positive(arguments[0], "memory_at", "event"));
            BYGONE_ASSIGN(const uint64_t task, positive(arguments[1], "memory_at", "task"));
            BYGONE_ASSIGN(const Address from, address_in(arguments[2], "memory_at"));
            BYGONE_ASSIGN(const uint64_t size, size_in(arguments[3], "memory_at", kMostBytes));
            BYGONE_TRY(machine->seek(EventNumber{event}));
            BYGONE_ASSIGN(const auto bytes, machine->memory(Tid{int32_t(task)}, from, size));
            if (bytes.empty())
              return fail(
                  ErrorKind::not_found, hex_text(from.value),
                  fmt::format("is not mapped in task {} after event {}", task, event),
                  fmt::format("`bygone query \"mappings of {} at event {}\"` shows what is", task, event));
            std::vector<Row> rows;
            for (size_t at = 0; at < bytes.size(); at += kBytesPerRow) {
              const auto part = std::span(bytes).subspan(at, std::min(kBytesPerRow, bytes.size() - at));
              rows.push_back(
                  {hex_text(from.value + at), hex_of(part), printable(part), int64_t(from.value + at)});
            }
            return rows;
          }};
}

RowFunction stack_at(Machine* given) {
  return {"stack_at",
          {"level", "pc", "function", "offset", "file", "source", "pc_number"},
          {"event", "task"},
          2,
          [given](const Row& arguments) -> Expected<std::vector<Row>> {
            BYGONE_ASSIGN(Machine* const machine, usable(given, "the stack"));
            BYGONE_ASSIGN(const uint64_t event, positive(arguments[0], "stack_at", "event"));
            BYGONE_ASSIGN(const uint64_t task, positive(arguments[1], "stack_at", "task"));
            BYGONE_TRY(machine->seek(EventNumber{event}));
            BYGONE_ASSIGN(const auto levels, machine->stack(Tid{int32_t(task)}));
            std::vector<Row> rows;
            for (const StackLevel& level : levels) {
              const auto text_or_null = [](const std::string& text) {
                return text.empty() ? Cell{} : Cell{text};
              };
              rows.push_back({int64_t(rows.size()), hex_text(level.pc.value), text_or_null(level.function),
                              level.function.empty() ? Cell{} : Cell{int64_t(level.offset_bytes)},
                              text_or_null(level.file), text_or_null(level.source), int64_t(level.pc.value)});
            }
            return rows;
          }};
}

RowFunction state_digest(Machine* given) {
  return {"state_digest",
          {"digest"},
          {"at_event"},
          1,
          [given](const Row& arguments) -> Expected<std::vector<Row>> {
            BYGONE_ASSIGN(Machine* const machine, usable(given, "a digest"));
            BYGONE_ASSIGN(const uint64_t event, positive(arguments[0], "state_digest", "at_event"));
            BYGONE_TRY(machine->seek(EventNumber{event}));
            BYGONE_ASSIGN(const uint64_t digest, machine->digest());
            return std::vector<Row>{{hex_text(digest)}};
          }};
}

RowFunction memory_changes(Machine* given) {
  return {
      "memory_changes",
      {"event", "before", "after"},
      {"first", "last", "task", "from_address", "size"},
      5,
      [given](const Row& arguments) -> Expected<std::vector<Row>> {
        BYGONE_ASSIGN(Machine* const machine, usable(given, "changes of memory"));
        BYGONE_ASSIGN(const uint64_t first, positive(arguments[0], "memory_changes", "first"));
        BYGONE_ASSIGN(const uint64_t last, positive(arguments[1], "memory_changes", "last"));
        BYGONE_ASSIGN(const uint64_t task, positive(arguments[2], "memory_changes", "task"));
        BYGONE_ASSIGN(const Address from, address_in(arguments[3], "memory_changes"));
        BYGONE_ASSIGN(const uint64_t size, size_in(arguments[4], "memory_changes", kMostWatchedBytes));
        std::vector<Row> rows;
        BYGONE_TRY(machine->seek(EventNumber{first}));
        BYGONE_TRY(machine->changes(Tid{int32_t(task)}, from, size, EventNumber{last},
                                    [&](EventNumber event, const auto& before, const auto& after) {
                                      rows.push_back({int64_t(event.value), hex_of(before), hex_of(after)});
                                      return Expected<bool>(true);
                                    }));
        return rows;
      }};
}

}  // namespace

std::vector<RowFunction> machine_functions(Machine* machine) {
  return {memory_at(machine), stack_at(machine), state_digest(machine), memory_changes(machine)};
}

}  // namespace bygone::query
