#include <fmt/core.h>

#include "cli/command.h"
#include "cli/errors.h"

namespace bygone::cli {

void add_gc_command(CLI::App& root, Invocation& invocation) {
  CLI::App* command =
      add_command(root, invocation, "gc", "drop stored files that no recording needs",
                  "  bygone gc\n"
                  "`bygone rm` does this for what it removes; this finds what was left by recorders\n"
                  "that were killed, and by recordings whose files were deleted by hand.");
  command->callback([&invocation] {
    invocation.run = [&invocation]() -> Expected<int> {
      BYGONE_ASSIGN(Store store, invocation.open_store());
      BYGONE_ASSIGN(const uint64_t freed, store.collect_garbage());
      tell(fmt::format("freed {} bytes", freed));
      return 0;
    };
  });
}

}  // namespace bygone::cli
