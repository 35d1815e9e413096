#include <fmt/core.h>

#include <memory>

#include "cli/command.h"
#include "cli/output.h"
#include "store/freeze.h"

namespace bygone::cli {
namespace {

struct TriggerArguments {
  std::string recording;
  std::string name;
};

Expected<int> trigger(const Invocation& invocation, const TriggerArguments& options) {
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  BYGONE_ASSIGN(const std::string frozen, freeze_recording(store, options.recording, options.name));
  StandardOutput output;
  BYGONE_TRY(output.write(frozen + "\n"));
  BYGONE_TRY(output.flush());
  return 0;
}

}  // namespace

void add_trigger_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<TriggerArguments>();
  CLI::App* command = add_command(
      root, invocation, "trigger", "freeze what is kept of a recording in progress",
      "  bygone record --keep 10m --name server ./server &\n"
      "  bygone trigger server               as server-0; recording goes on\n"
      "  bygone trigger server --as outage\n"
      "The copy is a recording of its own: it keeps what the window held, up to this moment.\n"
      "SIGUSR1 to the recorder does the same, and so does a crash of one of the program's processes.");
  command->add_option("recording", options->recording, "name of a recording [the latest]")->type_name("NAME");
  command->add_option("--as", options->name, "name of the copy [NAME-0, NAME-1, ...]")->type_name("NAME");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return trigger(invocation, *options); };
  });
}

}  // namespace bygone::cli
