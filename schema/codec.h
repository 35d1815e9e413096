#pragma once

// The wire form of rows, made from their field lists: unsigned integers as LEB128, signed ones zigzag first,
// strings behind their length, optionals behind a byte 0 or 1. The decoder accepts arbitrary bytes and reads
// none outside.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "schema/enum_names.h"
#include "schema/error.h"
#include "schema/record.h"
#include "schema/row_fields.h"

namespace bygone {

class WireWriter {
 public:
  explicit WireWriter(std::vector<std::byte>& out) : out_(out) {}

  void put_unsigned(uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(std::byte(uint8_t(value) | 0x80));
      value >>= 7;
    }
    out_.push_back(std::byte(uint8_t(value)));
  }
  void put_signed(int64_t value) { put_unsigned((uint64_t(value) << 1) ^ uint64_t(value >> 63)); }
  void put_bytes(std::span<const std::byte> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

 private:
  std::vector<std::byte>& out_;
};

class WireReader {
 public:
  explicit WireReader(std::span<const std::byte> in) : in_(in) {}

  bool at_end() const { return in_.empty(); }
  bool get_unsigned(uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in_.empty()) return false;
      const uint8_t byte = uint8_t(in_.front());
      in_ = in_.subspan(1);
      if (shift == 63 && byte > 1) return false;
      value |= uint64_t(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return true;
    }
    return false;
  }
  bool get_signed(int64_t& value) {
    uint64_t raw = 0;
    if (!get_unsigned(raw)) return false;
    value = int64_t(raw >> 1) ^ -int64_t(raw & 1);
    return true;
  }
  bool get_bytes(size_t size, std::span<const std::byte>& bytes) {
    if (size > in_.size()) return false;
    bytes = in_.first(size);
    in_ = in_.subspan(size);
    return true;
  }

 private:
  std::span<const std::byte> in_;
};

namespace wire {

template <class T>
concept Strong = requires {
  typename T::representation;
};
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

template <class T>
void put(WireWriter& out, const T& value) {
  if constexpr (Strong<T>) {
    put(out, value.value);
  } else if constexpr (is_optional<T>::value) {
    out.put_unsigned(value.has_value() ? 1 : 0);
    if (value) put(out, *value);
  } else if constexpr (std::is_enum_v<T>) {
    out.put_unsigned(uint64_t(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    out.put_unsigned(value.size());
    out.put_bytes(std::as_bytes(std::span(value)));
  } else if constexpr (std::is_same_v<T, Protection>) {
    out.put_unsigned(unsigned(value.prot_bits()) | (value.shared ? 8u : 0u));
  } else if constexpr (std::is_same_v<T, Device>) {
    out.put_unsigned(value.major);
    out.put_unsigned(value.minor);
  } else if constexpr (std::is_signed_v<T>) {
    out.put_signed(value);
  } else {
    static_assert(std::is_unsigned_v<T>);
    out.put_unsigned(value);
  }
}

template <class T>
bool get(WireReader& in, T& value) {
  if constexpr (Strong<T>) {
    return get(in, value.value);
  } else if constexpr (is_optional<T>::value) {
    uint64_t present = 0;
    if (!in.get_unsigned(present) || present > 1) return false;
    if (present == 0) {
      value.reset();
      return true;
    }
    return get(in, value.emplace());
  } else if constexpr (std::is_enum_v<T>) {
    uint64_t raw = 0;
    if (!in.get_unsigned(raw) || raw > 0xff) return false;
    value = T(raw);
    return is_valid(value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    uint64_t size = 0;
    std::span<const std::byte> bytes;
    if (!in.get_unsigned(size) || !in.get_bytes(size, bytes)) return false;
    value.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  } else if constexpr (std::is_same_v<T, Protection>) {
    uint64_t bits = 0;
    if (!in.get_unsigned(bits) || bits > 15) return false;
    value = Protection::of_bits(int(bits & 7), (bits & 8) != 0);
    return true;
  } else if constexpr (std::is_same_v<T, Device>) {
    return get(in, value.major) && get(in, value.minor);
  } else if constexpr (std::is_same_v<T, bool>) {
    uint64_t raw = 0;
    if (!in.get_unsigned(raw) || raw > 1) return false;
    value = raw == 1;
    return true;
  } else if constexpr (std::is_signed_v<T>) {
    int64_t raw = 0;
    if (!in.get_signed(raw) || raw != int64_t(T(raw))) return false;
    value = T(raw);
    return true;
  } else {
    uint64_t raw = 0;
    if (!in.get_unsigned(raw) || raw != uint64_t(T(raw))) return false;
    value = T(raw);
    return true;
  }
}

}  // namespace wire

// Appends the row's wire form to `out`.
template <class Row>
void encode_row(const Row& row, std::vector<std::byte>& out) {
  WireWriter writer(out);
  for_each_field<Row>([&](const auto& field) { wire::put(writer, field.get(row)); });
}

// Rejects bytes that are cut short, hold values outside their types, or go on after the last field.
template <class Row>
Expected<Row> decode_row(std::span<const std::byte> bytes) {
  Row row{};
  WireReader reader(bytes);
  std::string_view bad;
  for_each_field<Row>([&](const auto& field) {
    if (bad.empty() && !wire::get(reader, field.get(row))) bad = field.name;
  });
  if (!bad.empty())
    return fail(ErrorKind::bad_data, fmt::format("{} record", RowFields<Row>::table),
                fmt::format("field '{}' is cut short or out of range", bad));
  if (!reader.at_end())
    return fail(ErrorKind::bad_data, fmt::format("{} record", RowFields<Row>::table),
                "has bytes behind its last field");
  return row;
}

// Encodes and appends one row. `payload` as RowFields<Row>::payload says.
template <class Row>
Expected<void> append_row(RecordSink& sink, const Row& row, std::span<const std::byte> payload = {}) {
  thread_local std::vector<std::byte> bytes;
  bytes.clear();
  encode_row(row, bytes);
  return sink.append(RowFields<Row>::type, bytes, payload);
}

}  // namespace bygone
