#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "schema/mapping.h"
#include "schema/rows.h"

namespace bygone {

// The values of a stored enumeration and the words people and queries use for them. The codec rejects any
// other value.
template <class E>
struct EnumNames;

template <>
struct EnumNames<FrameKind> {
  static constexpr std::string_view table = "frame_kind";
  static constexpr std::array<std::pair<FrameKind, std::string_view>, 13> names = {{
      {FrameKind::syscall, "syscall"},
      {FrameKind::enter, "enter"},
      {FrameKind::exec, "exec"},
      {FrameKind::clone, "clone"},
      {FrameKind::start, "start"},
      {FrameKind::signal, "signal"},
      {FrameKind::handler, "handler"},
      {FrameKind::instruction, "instruction"},
      {FrameKind::exit, "exit"},
      {FrameKind::preempt, "preempt"},
      {FrameKind::altered, "altered"},
      {FrameKind::step, "step"},
      {FrameKind::attach, "attach"},
  }};
};
template <>
struct EnumNames<MappingKind> {
  static constexpr std::string_view table = "mapping_kind";
  static constexpr std::array<std::pair<MappingKind, std::string_view>, 13> names = {{
      {MappingKind::anonymous, "anonymous"},
      {MappingKind::executable, "executable"},
      {MappingKind::heap, "heap"},
      {MappingKind::stack, "stack"},
      {MappingKind::vdso, "vdso"},
      {MappingKind::vvar, "vvar"},
      {MappingKind::vsyscall, "vsyscall"},
      {MappingKind::file, "file"},
      {MappingKind::shared_memory, "shared_memory"},
      {MappingKind::bygone, "bygone"},
      {MappingKind::thread_stack, "thread_stack"},
      {MappingKind::former_stack, "former_stack"},
      {MappingKind::device, "device"},
  }};
};
template <>
struct EnumNames<DataSource> {
  static constexpr std::string_view table = "data_source";
  static constexpr std::array<std::pair<DataSource, std::string_view>, 3> names = {
      {{DataSource::zero, "zero"}, {DataSource::content, "content"}, {DataSource::bytes, "bytes"}}};
};
template <>
struct EnumNames<SignalPosition> {
  static constexpr std::string_view table = "signal_position";
  static constexpr std::array<std::pair<SignalPosition, std::string_view>, 3> names = {
      {{SignalPosition::fault, "fault"},
       {SignalPosition::call_exit, "call_exit"},
       {SignalPosition::call_entry, "call_entry"}}};
};
template <>
struct EnumNames<SignalAction> {
  static constexpr std::string_view table = "signal_action";
  static constexpr std::array<std::pair<SignalAction, std::string_view>, 5> names = {
      {{SignalAction::handled, "handled"},
       {SignalAction::ignored, "ignored"},
       {SignalAction::terminated, "terminated"},
       {SignalAction::stopped, "stopped"},
       {SignalAction::traced, "traced"}}};
};

template <>
struct EnumNames<SnapshotPosition> {
  static constexpr std::string_view table = "snapshot_position";
  static constexpr std::array<std::pair<SnapshotPosition, std::string_view>, 3> names = {
      {{SnapshotPosition::user, "user"},
       {SnapshotPosition::call_returned, "call_returned"},
       {SnapshotPosition::in_call, "in_call"}}};
};

// "?" for a value outside the enumeration.
template <class E>
constexpr std::string_view enum_name(E value) {
  for (const auto& [candidate, name] : EnumNames<E>::names)
    if (candidate == value) return name;
  return "?";
}

template <class E>
constexpr std::optional<E> enum_value(std::string_view name) {
  for (const auto& [value, candidate] : EnumNames<E>::names)
    if (candidate == name) return value;
  return std::nullopt;
}

template <class E>
constexpr bool is_valid(E value) {
  for (const auto& [candidate, name] : EnumNames<E>::names)
    if (candidate == value) return true;
  return false;
}

}  // namespace bygone
