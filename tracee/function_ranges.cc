#include "tracee/function_ranges.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

namespace bygone {

namespace {

// How a pointer is written: format in the low bits, what it is relative to above (DW_EH_PE_*).
constexpr uint8_t kAbsolute8 = 0x00, kUnsigned4 = 0x03, kUnsigned8 = 0x04, kSigned4 = 0x0b, kSigned8 = 0x0c;
constexpr uint8_t kFormatMask = 0x0f, kRelativeToItself = 0x10, kRelativeMask = 0x70;

class Bytes {
 public:
  Bytes(std::span<const std::byte> bytes, uint64_t address) : bytes_(bytes), address_(address) {}

  bool good() const { return good_; }
  size_t position() const { return position_; }
  uint64_t address() const { return address_ + position_; }
  void seek(size_t position) {
    good_ = good_ && position <= bytes_.size();
    if (good_) position_ = position;
  }

  template <class T>
  T take() {
    T value{};
    if (!good_ || bytes_.size() - position_ < sizeof value) {
      good_ = false;
      return value;
    }
    std::memcpy(&value, bytes_.data() + position_, sizeof value);
    position_ += sizeof value;
    return value;
  }
  uint64_t take_leb128() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = take<uint8_t>();
      value |= uint64_t(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    good_ = false;
    return 0;
  }
  uint64_t take_pointer(uint8_t encoding) {
    switch (encoding & kFormatMask) {
      case kUnsigned4:
        return take<uint32_t>();
      case kSigned4:
        return uint64_t(int64_t{take<int32_t>()});
      case kAbsolute8:
      case kUnsigned8:
      case kSigned8:
        return take<uint64_t>();
      default:
        good_ = false;
        return 0;
    }
  }

 private:
  std::span<const std::byte> bytes_;
  uint64_t address_;
  size_t position_ = 0;
  bool good_ = true;
};

// The pointer encoding a common information entry (CIE) prescribes; `bytes` stands behind its id.
std::optional<uint8_t> pointer_encoding(Bytes bytes) {
  bytes.take<uint8_t>();  // version
  char augmentation[8] = {};
  for (char& c : augmentation) {
    c = char(bytes.take<uint8_t>());
    if (c == '\0') break;
  }
  bytes.take_leb128();  // code alignment
  bytes.take_leb128();  // data alignment
  bytes.take_leb128();  // return address register
  if (!bytes.good() || augmentation[sizeof augmentation - 1] != '\0') return std::nullopt;
  if (augmentation[0] != 'z') return augmentation[0] == '\0' ? std::optional(kAbsolute8) : std::nullopt;
  bytes.take_leb128();  // length of what follows
  uint8_t encoding = kAbsolute8;
  for (const char* c = augmentation + 1; *c != '\0'; ++c) {
    if (*c == 'R') {
      encoding = bytes.take<uint8_t>();
    } else if (*c == 'P') {
      const auto personality = bytes.take<uint8_t>();
      bytes.take_pointer(personality);
    } else if (*c == 'L') {
      bytes.take<uint8_t>();
    }
  }
  return bytes.good() ? std::optional(encoding) : std::nullopt;
}

}  // namespace

std::vector<FunctionRange> read_function_ranges(std::span<const std::byte> eh_frame, uint64_t address) {
  std::vector<FunctionRange> functions;
  std::map<size_t, std::optional<uint8_t>> encodings;  // by position of the CIE
  Bytes bytes(eh_frame, address);
  while (bytes.good()) {
    uint64_t length = bytes.take<uint32_t>();
    if (!bytes.good() || length == 0) break;
    if (length == 0xffffffff) length = bytes.take<uint64_t>();
    const size_t content = bytes.position();
    if (length > eh_frame.size() - content) break;
    const auto id = bytes.take<uint32_t>();  // 0: a CIE; else how far back the function's CIE is
    if (id == 0) {
      encodings[content] = pointer_encoding(bytes);
    } else {
      // A CIE begins with its length, 4 bytes before what `content` is for it.
      const auto cie = encodings.find(content - id + 4);
      if (cie != encodings.end() && cie->second) {
        const uint8_t encoding = *cie->second;
        const uint64_t here = bytes.address();
        uint64_t start = bytes.take_pointer(encoding);
        if ((encoding & kRelativeMask) == kRelativeToItself) start += here;
        const uint64_t size = bytes.take_pointer(encoding & kFormatMask);
        if (bytes.good() && size != 0) functions.push_back({start, start + size});
      }
    }
    bytes.seek(content + length);
  }
  std::sort(functions.begin(), functions.end(),
            [](const FunctionRange& a, const FunctionRange& b) { return a.start < b.start; });
  return functions;
}

}  // namespace bygone
