#include "replayer/index.h"

#include <fmt/core.h>

#include <memory>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/progress.h"

namespace bygone::cli {
namespace {

struct IndexArguments {
  std::string recording;
  int64_t every_ns = 500'000'000;
};

Expected<int> index(const Invocation& invocation, const IndexArguments& options) {
  BYGONE_ASSIGN(Store store, invocation.open_store());
  BYGONE_ASSIGN(auto recording, store.read(options.recording));
  const std::string name = recording->name();
  BYGONE_ASSIGN(auto sink, store.amend(name));
  IndexOptions index_options;
  index_options.interval = std::chrono::nanoseconds(options.every_ns);
  const auto outcome = [&] {
    Progress progress(recording->last_event().value, 0);
    index_options.progress = [&](EventNumber done) { progress.update(done.value); };
    return index_recording(*recording, *sink, index_options);
  }();
  recording.reset();  // so that the file can be closed as it was
  BYGONE_TRY(sink->close());
  if (!outcome) return tl::unexpected(outcome.error());
  tell(fmt::format("{}: {} snapshots added, {} pages kept", name, outcome->snapshots, outcome->new_pages));
  return 0;
}

}  // namespace

void add_index_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<IndexArguments>();
  CLI::App* command =
      add_command(root, invocation, "index", "add snapshots, so that any event is near one",
                  "  bygone index ls-0\n"
                  "  bygone index server-3 --every 0.1   finer: quicker seeks, more room\n"
                  "Recordings have snapshots already, taken while they were made, unless that was switched\n"
                  "off. This replays all of one that is over and adds some where they are far apart.");
  command->add_option("recording", options->recording, "name of a recording [the latest]")->type_name("NAME");
  command->add_option("--every", options->every_ns, "time a replay takes between two snapshots [500ms]")
      ->type_name("TIME")
      ->transform(time_between("1ms", "24h"));
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return index(invocation, *options); };
  });
}

}  // namespace bygone::cli
