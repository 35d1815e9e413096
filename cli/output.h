#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "schema/error.h"

namespace bygone::cli {

// Standard output for results: whole buffers, and errors noticed. A reader that has gone away (`| head`) ends
// the process as SIGPIPE would, without a word, even where SIGPIPE is ignored.
class StandardOutput {
 public:
  Expected<void> write(std::string_view text);
  // To be called before success is claimed.
  Expected<void> flush();

 private:
  std::string buffer_;
};

// Columns of the terminal on standard output; 0 if it is none.
size_t terminal_width();
// Bounds what SQLite takes, for a stranger's recording or a slip of the pen: 1 GiB in this process.
void limit_answers();
// Whether people want colour on it: not with $NO_COLOR, nor on a dumb one.
bool terminal_has_colour();

}  // namespace bygone::cli
