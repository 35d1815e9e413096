#include "cli/errors.h"

#include <unistd.h>

#include "cli/exit_status.h"
#include "query/text.h"

namespace bygone::cli {

void tell(std::string_view text) {
  const std::string line = "bygone: " + query::table_text(std::string(text)) + "\n";
  // One write: lines of a recorded program may come in between, but not inside.
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

int report(const Error& error) {
  tell(error.message());
  return int(exit_status_of(error.kind));
}

}  // namespace bygone::cli
