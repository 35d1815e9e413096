#include <fmt/core.h>
#include <sys/stat.h>

#include <memory>
#include <optional>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/exit_status.h"
#include "cli/moment.h"
#include "cli/progress.h"
#include "replayer/replayer.h"

namespace bygone::cli {
namespace {

struct ReplayArguments {
  std::string recording;
  std::optional<std::string> at;
  std::optional<std::string> until;
  bool check = false;
  bool quiet = false;
  bool follow = false;
};

uint64_t size_of(const Store& store, const std::string& name) {
  struct stat status {};
  const auto file = store.directory() / "recordings" / (name + ".db");
  return stat(file.c_str(), &status) == 0 ? uint64_t(status.st_size) : 0;
}

// Of a recording that is followed, also an event that is yet to come.
Expected<std::optional<EventNumber>> find_event(RecordingReader& recording,
                                                const std::optional<Moment>& moment, bool follow) {
  if (!moment) return std::optional<EventNumber>{};
  const EventNumber named{moment->number};
  if (follow && moment->kind == Moment::Kind::event && named > recording.last_event())
    return std::optional(named);
  BYGONE_ASSIGN(const EventNumber event, event_of(recording, *moment));
  return std::optional(event);
}

Expected<int> replay(const Invocation& invocation, const ReplayArguments& options) {
  std::optional<Moment> at, until;
  if (options.at) {
    BYGONE_ASSIGN(at, parse_moment(*options.at));
  }
  if (options.until) {
    BYGONE_ASSIGN(until, parse_moment(*options.until));
  }
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  BYGONE_ASSIGN(const auto recording, store.read(options.recording));
  ReplayOptions replay_options;
  BYGONE_ASSIGN(replay_options.from, find_event(*recording, at, false));
  BYGONE_ASSIGN(replay_options.until, find_event(*recording, until, options.follow));
  if (replay_options.from && replay_options.until && *replay_options.until < *replay_options.from)
    return fail(ErrorKind::usage, "replay",
                fmt::format("cannot end at event {} when it begins at {}", replay_options.until->value,
                            replay_options.from->value),
                "give --until a later moment than --at");
  replay_options.checking = options.check ? ReplayChecking::everything : ReplayChecking::registers_only;
  replay_options.output = options.quiet ? ReplayOutput::discarded : ReplayOutput::shown;
  if (options.follow) replay_options.extent = ReplayExtent::follow;
  Expected<ReplayOutcome> outcome = [&] {
    Progress progress(replay_options.until.value_or(recording->last_event()).value,
                      size_of(store, recording->name()));
    if (!options.follow) replay_options.progress = [&](EventNumber done) { progress.update(done.value); };
    return replay_recording(*recording, replay_options);
  }();
  if (!outcome) return tl::unexpected(std::move(outcome).error());
  if (options.check && !options.quiet)
    tell(fmt::format("{}: {} events checked, {} address spaces and {} memory digests compared",
                     recording->name(), outcome->last_event.value, outcome->maps_compared,
                     outcome->digests_compared));
  if (replay_options.until && outcome->last_event == *replay_options.until) {
    tell(fmt::format("{}: stopped after event {} of {}", recording->name(), outcome->last_event.value,
                     recording->last_event().value));
    return 0;
  }
  if (outcome->wait_status) return exit_status_of_program(*outcome->wait_status);
  tell(fmt::format("{}: the recording ends at event {} without the program's end ({})", recording->name(),
                   outcome->last_event.value, recording->outcome()));
  return 0;
}

}  // namespace

void add_replay_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<ReplayArguments>();
  CLI::App* command =
      add_command(root, invocation, "replay", "make a recorded run happen again",
                  "  bygone replay                       the latest recording\n"
                  "  bygone replay ls-0 --check          compare mappings and memory, too\n"
                  "  bygone replay ls-0 --until 120 --quiet\n"
                  "  bygone replay server-3 --at 600000 --until 600100\n"
                  "A MOMENT is an event (600000), a time since the beginning (12.5s, 300ms), a share of the\n"
                  "events (40%) or the first event of a task (task:4711).\n"
                  "Shows what the program wrote and exits as it did; neither its executable nor any\n"
                  "file it used need still be there.");
  command->add_option("recording", options->recording, "name or file [the latest]")->type_name("NAME|FILE");
  command->add_flag("--check", options->check,
                    "compare address spaces and memory digests with the recording");
  command->add_flag("-q,--quiet", options->quiet, "do not show the program's output");
  command->add_flag("-f,--follow", options->follow,
                    "of a recording in progress: go on as events are committed, until it is closed");
  command
      ->add_option("--at,--from,--at-time", options->at,
                   "begin as things stand after this moment, by way of the nearest snapshot")
      ->type_name("MOMENT");
  command->add_option("--until", options->until, "stop after this moment")->type_name("MOMENT");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return replay(invocation, *options); };
  });
}

}  // namespace bygone::cli
