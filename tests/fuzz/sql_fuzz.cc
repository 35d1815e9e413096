// SQL, whatever its bytes, is answered or refused, and the recording stays what it was. So are phrases that
// get as far as being asked. The first byte says which of the two the rest is.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "query/query.h"
#include "tests/query/sample_recording.h"

namespace {

using namespace bygone;

constexpr uint64_t kMostRows = 100;

// What a question may end in, and never a crash, a write or an error of ours.
void check(const Expected<void>& answered) {
  if (!answered && answered.error().kind == ErrorKind::internal) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static test::SampleRecording sample;
  static const uint64_t last = sample.reader().last_event().value;
  if (size == 0 || size > 4096) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const query::AnswerOptions options{{query::Format::csv, 0}, kMostRows};
  const auto nowhere = [](std::string_view) { return Expected<void>{}; };
  check(data[0] % 2 == 0 ? query::answer_sql(sample.reader(), text, options, nowhere)
                         : query::answer(sample.reader(), text, options, nowhere));
  const auto now = sample.reader().refresh();
  if (!now || now->value != last) std::abort();
  return 0;
}
