#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/recording_reader.h"

namespace bygone::query {

// The system calls as the recording names them, and those it does not mention as the kernel headers of this
// build do. Numbers nobody knows are "call 999".
class CallNames {
 public:
  static Expected<CallNames> read(RecordingReader& recording);

  std::string name(int64_t number) const;
  std::optional<int64_t> number(std::string_view name) const;
  // By number. `pattern` has the wildcards of GLOB: *, ? and [a-z].
  std::vector<int64_t> matching(const std::string& pattern) const;
  std::vector<std::string> all() const;

 private:
  std::map<int64_t, std::string> names_;
};

}  // namespace bygone::query
