#include "query/mapping_rows.h"

#include <algorithm>

#include "query/arguments.h"
#include "query/names.h"
#include "schema/enum_names.h"

namespace bygone::query {
namespace {

Row row_of(const Mapping& mapping) {
  const KernelMapping& recorded = mapping.recorded;
  return {hex_text(recorded.range.start.value),
          hex_text(recorded.range.end.value),
          recorded.prot.text(),
          mapping_flags_text(recorded.flags),
          hex_text(recorded.offset_bytes),
          recorded.device.text(),
          int64_t(recorded.inode),
          recorded.path,
          std::string(enum_name(mapping.kind)),
          int64_t(recorded.range.start.value),
          int64_t(recorded.range.end.value)};
}

const std::vector<std::string>& mapping_columns() {
  static const std::vector<std::string> kColumns = {"start",  "end",           "prot",       "flags",
                                                    "offset", "device",        "inode",      "path",
                                                    "kind",   "start_address", "end_address"};
  return kColumns;
}

std::string_view change_name(MappingChange::Kind kind) {
  switch (kind) {
    case MappingChange::Kind::came:
      return "came";
    case MappingChange::Kind::went:
      return "went";
    case MappingChange::Kind::changed:
      break;
  }
  return "changed";
}

bool same_but_protection(const Mapping& a, const Mapping& b) {
  KernelMapping other = b.recorded;
  other.prot = a.recorded.prot;
  return a.kind == b.kind && a.recorded == other;
}

// The mapping of a sorted list that holds `address`, from `at` on; moves `at` past those that end before.
const Mapping* mapping_at(std::span<const Mapping> list, size_t& at, Address address) {
  while (at < list.size() && list[at].range().end <= address) ++at;
  return at < list.size() && list[at].range().contains(address) ? &list[at] : nullptr;
}

Mapping part_of(const Mapping& mapping, const MemoryRange& range) {
  Mapping part = mapping;
  part.recorded = mapping.recorded.slice(range);
  return part;
}

bool goes_on(const MappingChange& lower, const MappingChange& upper) {
  return lower.kind == upper.kind && lower.earlier_protection == upper.earlier_protection &&
         lower.mapping.kind == upper.mapping.kind && upper.mapping.recorded.continues(lower.mapping.recorded);
}

void add_change(std::vector<MappingChange>& list, MappingChange change) {
  // Where one mapping took another's place, "went" and "came" alternate: the change to go on with may be the
  // last but one.
  for (size_t back = 1; back <= 2 && back <= list.size(); ++back) {
    MappingChange& candidate = list[list.size() - back];
    if (!goes_on(candidate, change)) continue;
    candidate.mapping.recorded.range.end = change.mapping.recorded.range.end;
    return;
  }
  list.push_back(std::move(change));
}

Expected<std::vector<Mapping>> mappings_of(RecordingReader& recording, uint64_t event, uint64_t space) {
  BYGONE_ASSIGN(auto mappings, recording.mappings_at(AddressSpaceId{space}, EventNumber{event}));
  return merged(std::move(mappings));
}

RowFunction mappings_at(RecordingReader& recording) {
  return {"mappings_at",
          mapping_columns(),
          {"event", "address_space"},
          2,
          nullptr,
          [&recording](const Row& arguments) -> Expected<NextRow> {
            BYGONE_ASSIGN(const uint64_t event, positive(arguments[0], "mappings_at", "event"));
            BYGONE_ASSIGN(const uint64_t space, positive(arguments[1], "mappings_at", "address_space"));
            BYGONE_ASSIGN(auto mappings, mappings_of(recording, event, space));
            return [mappings = std::move(mappings), at = size_t(0)](Row& row) mutable -> Expected<bool> {
              if (at == mappings.size()) return false;
              row = row_of(mappings[at++]);
              return true;
            };
          }};
}

RowFunction mappings_between(RecordingReader& recording) {
  std::vector<std::string> columns = {"change", "was_prot"};
  columns.insert(columns.end(), mapping_columns().begin(), mapping_columns().end());
  return {"mappings_between",
          columns,
          {"first", "last", "first_space", "last_space"},
          3,
          [&recording](const Row& arguments) -> Expected<std::vector<Row>> {
            BYGONE_ASSIGN(const uint64_t first, positive(arguments[0], "mappings_between", "first"));
            BYGONE_ASSIGN(const uint64_t last, positive(arguments[1], "mappings_between", "last"));
            BYGONE_ASSIGN(const uint64_t space, positive(arguments[2], "mappings_between", "first_space"));
            uint64_t last_space = space;
            if (!std::holds_alternative<std::monostate>(arguments[3])) {
              BYGONE_ASSIGN(last_space, positive(arguments[3], "mappings_between", "last_space"));
            }
            BYGONE_ASSIGN(const auto earlier, mappings_of(recording, first, space));
            BYGONE_ASSIGN(const auto later, mappings_of(recording, last, last_space));
            std::vector<Row> rows;
            for (const MappingChange& change : changes(earlier, later)) {
              Row row = {std::string(change_name(change.kind)), std::monostate{}};
              if (change.kind != MappingChange::Kind::came) row[1] = change.earlier_protection.text();
              Row rest = row_of(change.mapping);
              std::move(rest.begin(), rest.end(), std::back_inserter(row));
              rows.push_back(std::move(row));
            }
            return rows;
          }};
}

}  // namespace

std::vector<Mapping> merged(std::vector<Mapping> mappings) {
  std::vector<Mapping> result;
  for (Mapping& mapping : mappings) {
    // What the kernel shows decides; where the bytes come from (schema's mergeable()) is nothing it prints.
    if (!result.empty() && result.back().kind == mapping.kind &&
        mapping.recorded.continues(result.back().recorded)) {
      result.back().recorded.range.end = mapping.recorded.range.end;
    } else {
      result.push_back(std::move(mapping));
    }
  }
  return result;
}

std::vector<MappingChange> changes(std::span<const Mapping> earlier, std::span<const Mapping> later) {
  std::vector<Address> borders;
  for (const auto& list : {earlier, later}) {
    for (const Mapping& mapping : list) {
      borders.push_back(mapping.range().start);
      borders.push_back(mapping.range().end);
    }
  }
  std::sort(borders.begin(), borders.end());
  borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
  std::vector<MappingChange> result;
  size_t earlier_at = 0;
  size_t later_at = 0;
  for (size_t i = 0; i + 1 < borders.size(); ++i) {
    const MemoryRange range{borders[i], borders[i + 1]};
    const Mapping* before = mapping_at(earlier, earlier_at, range.start);
    const Mapping* after = mapping_at(later, later_at, range.start);
    if (before == nullptr && after == nullptr) continue;
    const Protection was = before != nullptr ? before->recorded.prot : Protection{};
    if (before == nullptr) {
      add_change(result, {MappingChange::Kind::came, part_of(*after, range), was});
    } else if (after == nullptr) {
      add_change(result, {MappingChange::Kind::went, part_of(*before, range), was});
    } else {
      const Mapping old_part = part_of(*before, range);
      const Mapping new_part = part_of(*after, range);
      if (!same_but_protection(old_part, new_part)) {
        add_change(result, {MappingChange::Kind::went, old_part, was});
        add_change(result, {MappingChange::Kind::came, new_part, {}});
      } else if (old_part.recorded.prot != new_part.recorded.prot) {
        add_change(result, {MappingChange::Kind::changed, new_part, was});
      }
    }
  }
  return result;
}

std::vector<RowFunction> mapping_functions(RecordingReader& recording) {
  return {mappings_at(recording), mappings_between(recording)};
}

}  // namespace bygone::query
