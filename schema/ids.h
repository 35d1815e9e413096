#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace bygone {

// Integers that must not be mixed. Conversions are explicit, comparison and ordering are those of the value.
template <class Representation, class Tag>
struct StrongInteger {
  using representation = Representation;
  Representation value{};

  constexpr StrongInteger() = default;
  constexpr explicit StrongInteger(Representation v) : value(v) {}
  constexpr auto operator<=>(const StrongInteger&) const = default;
  constexpr explicit operator bool() const { return value != Representation{}; }
};

// Events are numbered from 1 without holes; 0 stands for "before the first event".
// In half-open intervals kNoEvent as the end means "still holds".
using EventNumber = StrongInteger<uint64_t, struct EventTag>;
inline constexpr EventNumber kNoEvent{INT64_MAX};

// A thread as the recorded kernel numbered it. May be reused in a long recording; (tid, event) is unique.
using Tid = StrongInteger<int32_t, struct TidTag>;

// Row identities, each counted from 1 within one recording.
using TaskId = StrongInteger<uint64_t, struct TaskIdTag>;
using AddressSpaceId = StrongInteger<uint64_t, struct AddressSpaceTag>;
using MappingId = StrongInteger<uint64_t, struct MappingTag>;
using ContentId = StrongInteger<uint64_t, struct ContentTag>;

// A kept page of memory, counted from 1 within one recording. 0 is the page of zeroes, which is kept nowhere.
using PageId = StrongInteger<uint64_t, struct PageTag>;
inline constexpr PageId kZeroPage{0};

// An address in a tracee, never to be dereferenced here.
struct Address : StrongInteger<uint64_t, struct AddressTag> {
  using StrongInteger::StrongInteger;
  constexpr Address operator+(uint64_t bytes) const { return Address{value + bytes}; }
  constexpr Address operator-(uint64_t bytes) const { return Address{value - bytes}; }
  constexpr uint64_t operator-(Address other) const { return value - other.value; }
  constexpr auto operator<=>(const Address&) const = default;
};

inline constexpr uint64_t kPageSize = 4096;
constexpr Address page_floor(Address a) {
  return Address{a.value & ~(kPageSize - 1)};
}
constexpr Address page_ceil(Address a) {
  return Address{(a.value + kPageSize - 1) & ~(kPageSize - 1)};
}

}  // namespace bygone

template <class R, class T>
struct std::hash<bygone::StrongInteger<R, T>> {
  size_t operator()(const bygone::StrongInteger<R, T>& id) const noexcept { return std::hash<R>{}(id.value); }
};
template <>
struct std::hash<bygone::Address> {
  size_t operator()(const bygone::Address& a) const noexcept { return std::hash<uint64_t>{}(a.value); }
};
