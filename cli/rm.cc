#include <memory>

#include "cli/command.h"
#include "cli/errors.h"

namespace bygone::cli {
namespace {

// Removes what can be removed; the first failure decides the exit status.
Expected<int> remove(const Invocation& invocation, const std::vector<std::string>& names) {
  BYGONE_ASSIGN(Store store, invocation.open_store());
  int status = 0;
  for (const std::string& name : names) {
    const auto removed = store.remove(name);
    if (removed) continue;
    const int failed = report(removed.error());
    if (status == 0) status = failed;
  }
  return status;
}

}  // namespace

void add_rm_command(CLI::App& root, Invocation& invocation) {
  const auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* command = add_command(root, invocation, "rm", "remove recordings",
                                  "  bygone rm ls-0 ls-1\n"
                                  "Files that other recordings still need stay in the store.");
  command->add_option("names", *names, "names of recordings")->required()->type_name("NAME...");
  command->callback(
      [&invocation, names] { invocation.run = [&invocation, names] { return remove(invocation, *names); }; });
}

}  // namespace bygone::cli
