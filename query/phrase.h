#pragma once

// What a phrase asks, after parsing and before any recording is looked at. docs/query.md has the grammar.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "query/lexer.h"
#include "schema/ids.h"

namespace bygone::query {

// "of 4711", "of task 4711", "of process 4711".
struct Subject {
  enum class Kind { anything, task_or_process, task, process };
  Kind kind = Kind::anything;
  int32_t id = 0;
};

// A point in the run. Nothing said means its end.
struct Moment {
  enum class Kind { end, event, time, share };
  Kind kind = Kind::end;
  EventNumber event;
  uint64_t time_ns = 0;
  double share = 0;  // of the events there are, 0 to 1
};

struct EventRange {
  std::optional<EventNumber> first;  // inclusive
  std::optional<EventNumber> last;   // inclusive
};

enum class FrameField { event, task, process, kind, call, result, error, signal, time };
enum class Comparison { equal, unequal, less, less_equal, greater, greater_equal, matches };

// "call = openat", "result in (1, 2)": the values are alternatives.
struct Test {
  FrameField field = FrameField::event;
  Comparison comparison = Comparison::equal;
  std::vector<Token> values;  // a number may carry its sign
};

struct Condition {
  enum class Kind { test, failed, all_of, any_of, none_of };
  Kind kind = Kind::test;
  Test test;
  std::vector<Condition> parts;
};

struct AskInfo {};
struct AskUncaptured {};
struct AskFiles {};
struct AskTasks {
  Subject of;
  std::optional<Moment> at;  // only those alive then
};
struct AskTree {
  std::optional<Moment> at;
};
struct AskMappings {
  Subject of;
  Moment at;
};
struct AskMapping {
  Address address;
  Subject of;
  Moment at;
};
struct AskHistory {
  Address address;
  Subject of;
};
struct AskMappingChanges {
  Subject of;
  Moment from;
  Moment to;
};
struct AskFrames {
  enum class Pick { all, first, last };
  Pick pick = Pick::all;
  EventRange range;
  Subject of;
  std::optional<Condition> where;
  std::string phrase;  // whole, for complaints about the values of `where`
};
struct AskCalls {
  enum class Order { count, time, name };
  Subject of;
  Order by = Order::count;
};
struct AskOutput {
  Subject of;
  std::optional<Moment> until;
};
struct AskSignals {
  Subject of;
};
struct AskExecs {
  Subject of;
};
struct AskWhoMapped {
  std::string path;
};
// By the paths that calls were given.
struct AskWhoNamed {
  enum class Deed { opened, wrote, deleted };
  Deed deed = Deed::opened;
  std::string path;
};
struct AskDescriptors {
  Subject of;
  Moment at;
};
struct AskRegisters {
  Subject of;
  Moment at;
};

struct AskMemory {
  std::optional<Address> address;  // else where this register points
  std::string pointer = "rsp";
  uint64_t size_bytes = 64;
  Subject of;
  Moment at;
};
struct AskMemoryChanges {
  Address address;
  uint64_t size_bytes = 8;
  Subject of;
  Moment from;
  Moment to;
};
struct AskDigest {
  Moment at;
};
struct AskStack {
  Subject of;
  Moment at;
};

using Phrase =
    std::variant<AskInfo, AskUncaptured, AskFiles, AskTasks, AskTree, AskMappings, AskMapping, AskHistory,
                 AskMappingChanges, AskFrames, AskCalls, AskOutput, AskSignals, AskExecs, AskWhoMapped,
                 AskWhoNamed, AskDescriptors, AskRegisters, AskMemory, AskMemoryChanges, AskDigest, AskStack>;

Expected<Phrase> parse_phrase(std::string_view text);

// One line per phrase, for help texts.
struct PhraseHelp {
  std::string_view form;
  std::string_view meaning;
};
std::vector<PhraseHelp> phrase_help();

}  // namespace bygone::query
