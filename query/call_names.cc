#include "query/call_names.h"

#include <fmt/core.h>
#include <sqlite3.h>
#include <strings.h>

#include "query/numbers.h"

namespace bygone::query {
namespace {

struct KnownCall {
  int number;
  const char* name;
};
constexpr KnownCall kKnownCalls[] = {
#include "known_calls.inc"
};

}  // namespace

Expected<CallNames> CallNames::read(RecordingReader& recording) {
  CallNames result;
  for (const KnownCall& call : kKnownCalls) result.names_[call.number] = call.name;
  BYGONE_ASSIGN(auto recorded, recording.call_names());
  for (auto& [number, name] : recorded) result.names_[number] = std::move(name);
  return result;
}

std::string CallNames::name(int64_t number) const {
  const auto found = names_.find(number);
  return found != names_.end() ? found->second : fmt::format("call {}", number);
}

std::optional<int64_t> CallNames::number(std::string_view name) const {
  for (const std::string_view prefix : {"SYS_", "sys_", "__NR_"})
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  for (const auto& [number, candidate] : names_)
    if (candidate.size() == name.size() && strncasecmp(candidate.data(), name.data(), name.size()) == 0)
      return number;
  if (name.starts_with("call ")) name.remove_prefix(5);
  return parse_integer(name);
}

std::vector<int64_t> CallNames::matching(const std::string& pattern) const {
  std::vector<int64_t> numbers;
  for (const auto& [number, name] : names_)
    if (sqlite3_strglob(pattern.c_str(), name.c_str()) == 0) numbers.push_back(number);
  return numbers;
}

std::vector<std::string> CallNames::all() const {
  std::vector<std::string> list;
  for (const auto& [number, name] : names_) list.push_back(name);
  return list;
}

}  // namespace bygone::query
