#include "query/call_memory.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "query/select.h"

namespace bygone::query {
namespace {

constexpr uint64_t kLongestText = 4096;
constexpr uint64_t kFirstLook = 256;

}  // namespace

CallMemory::CallMemory(RecordingReader& recording, Machine* machine,
                       std::function<void(const Error&)> on_unreadable)
    : recording_(recording), machine_(machine), on_unreadable_(std::move(on_unreadable)) {}

std::optional<Bytes> CallMemory::written(uint64_t address, uint64_t size_bytes) const {
  for (const WriteWithBytes& write : full_->writes) {
    const uint64_t start = write.row.address.value;
    if (address < start || address - start > write.bytes.size()) continue;
    const uint64_t skipped = address - start;
    if (size_bytes > write.bytes.size() - skipped) continue;
    const auto from = write.bytes.begin() + int64_t(skipped);
    return Bytes(from, from + int64_t(size_bytes));
  }
  return std::nullopt;
}

std::optional<Bytes> CallMemory::bytes(uint64_t address, uint64_t size_bytes) {
  if (auto known = written(address, size_bytes)) return known;
  // What went to standard output or error is the buffer of a write(2), or its beginning.
  const bool is_output =
      full_->outputs.size() == 1 && full_->registers && full_->registers->argument(1) == address;
  const Bytes output = is_output ? full_->outputs.front().bytes : Bytes();
  if (is_output && (output.size() >= size_bytes || machine_ == nullptr))
    return Bytes(output.begin(), output.begin() + int64_t(std::min<uint64_t>(size_bytes, output.size())));
  if (machine_ == nullptr) return std::nullopt;
  if (sought_ != full_->frame.event) {
    if (const auto there = machine_->seek(full_->frame.event); !there) {
      machine_ = nullptr;
      on_unreadable_(there.error());
      return std::nullopt;
    }
    sought_ = full_->frame.event;
  }
  auto found = machine_->memory(full_->frame.task, Address{address}, size_bytes);
  if (!found || found->empty()) return std::nullopt;  // the program may give any address
  return std::move(*found);
}

std::optional<std::string> CallMemory::text(uint64_t address) {
  for (uint64_t size : {kFirstLook, kLongestText}) {
    const auto found = bytes(address, size);
    if (!found) return std::nullopt;
    const auto end = std::find(found->begin(), found->end(), std::byte{0});
    if (end == found->end()) continue;
    return std::string(reinterpret_cast<const char*>(found->data()), size_t(end - found->begin()));
  }
  return std::nullopt;
}

std::optional<std::string> CallMemory::path(size_t argument, uint64_t address) {
  if (auto given = text(address)) return given;
  const auto rows =
      select_rows(recording_.connection(),
                  fmt::format("SELECT path FROM main.path_argument WHERE event = {} AND argument = {}",
                              full_->frame.event.value, argument));
  if (!rows || rows->empty()) return std::nullopt;
  const auto* path = std::get_if<std::string>(&rows->front().front());
  return path != nullptr ? std::optional(*path) : std::nullopt;
}

std::optional<uint64_t> CallMemory::word(uint64_t address) {
  const auto found = bytes(address, sizeof(uint64_t));
  if (!found || found->size() < sizeof(uint64_t)) return std::nullopt;
  uint64_t value = 0;
  std::memcpy(&value, found->data(), sizeof value);
  return value;
}

}  // namespace bygone::query
