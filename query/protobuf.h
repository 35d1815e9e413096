#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bygone::query {

// One message in protobuf's wire format, as much of it as traces need: varints and nested bytes.
class ProtobufMessage {
 public:
  ProtobufMessage& number(uint32_t field, uint64_t value) {
    varint(uint64_t(field) << 3);
    varint(value);
    return *this;
  }
  ProtobufMessage& text(uint32_t field, std::string_view value) {
    varint(uint64_t(field) << 3 | 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  ProtobufMessage& message(uint32_t field, const ProtobufMessage& value) { return text(field, value.bytes_); }

  const std::string& bytes() const { return bytes_; }

 private:
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += char(value | 0x80);
    bytes_ += char(value);
  }
  std::string bytes_;
};

}  // namespace bygone::query
