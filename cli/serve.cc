#include <memory>

#include "cli/command.h"
#include "store/service.h"

namespace bygone::cli {

void add_serve_command(CLI::App& root, Invocation& invocation) {
  const auto until_idle = std::make_shared<bool>(false);
  CLI::App* command =
      add_command(root, invocation, "serve", "write what recorders record, in the foreground",
                  "  bygone serve --store /var/tmp/store\n"
                  "Recorders start this themselves, and it goes when nothing is being recorded; there\n"
                  "is one for each store. Ends at once if another serves it already.");
  command->add_flag("--until-idle", *until_idle, "end when nothing has been recorded for two seconds");
  command->callback([&invocation, until_idle] {
    invocation.run = [&invocation, until_idle]() -> Expected<int> {
      BYGONE_ASSIGN(const Store store, invocation.open_store());
      ServeOptions options;
      options.store = store.directory();
      if (!*until_idle) options.idle_ms = -1;
      BYGONE_TRY(serve(options));
      return 0;
    };
  });
}

}  // namespace bygone::cli
