#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/exit_status.h"
#include "cli/freezer.h"
#include "cli/keep.h"
#include "query/names.h"
#include "recorder/recorder.h"

namespace bygone::cli {
namespace {

struct RecordArguments {
  std::string name;
  pid_t pid = 0;
  int64_t duration_ns = 0;
  bool descendants = false;
  std::string rdtsc = "auto";
  bool check = false;
  bool check_syscalls = false;
  bool quiet = false;
  bool durable = false;
  uint64_t ring_bytes = kDefaultRingBytes;
  std::vector<std::string> keep;
  bool no_snapshots = false;
  int64_t snapshot_every_ns = 500'000'000;
  double snapshot_budget = 10;
  std::string on_store_failure = "detach";
  int64_t spin_limit_ns = 0;
  std::string on_spin = "detach";
};

void tell_outcome(const std::string& name, const RecordOutcome& outcome, const RecordArguments& options) {
  if (outcome.store_failure)
    return tell(
        fmt::format("{}: ends where the store failed; `bygone info {}` says how far it goes", name, name));
  if (outcome.spun_out)
    return tell(
        fmt::format("{}: ends where a task computed beyond the limit, with {} events", name, outcome.events));
  if (outcome.uncaptured_calls != 0)
    tell(fmt::format(
        "{}: {} calls could not be captured, a replay may differ; `bygone query {} uncaptured` names them",
        name, outcome.uncaptured_calls, name));
  if (outcome.compared_calls != 0 && !options.quiet)
    tell(
        fmt::format("{}: {} calls of unknown effect were captured by comparing memory, which takes time; "
                    "`bygone query {} uncaptured` names them",
                    name, outcome.compared_calls, name));
  if (options.check_syscalls)
    tell(fmt::format("{}: {} calls held against their rows, {} changed memory their row does not mention",
                     name, outcome.checked_calls, outcome.misdescribed_calls));
  if (options.quiet) return;
  if (outcome.detached)
    tell(fmt::format("recorded as {}, {} events; process {} runs on", name, outcome.events, options.pid));
  else
    tell(fmt::format("recorded as {}, {} events", name, outcome.events));
}

// Where the window could not be kept as small as it was to be.
void tell_window(const Store& store, const std::string& name, uint64_t bound_bytes) {
  const auto reader = store.read(name);
  const auto least = reader ? std::strtoull((*reader)->header(kLeastWindowKey).c_str(), nullptr, 10) : 0;
  if (least == 0) return;
  tell(
      fmt::format("{}: could not be kept within {}: a snapshot of the program with what came until the next "
                  "took {}; give --keep twice that",
                  name, query::size_text(bound_bytes), query::size_text(least)));
}

Expected<int> record(const Invocation& invocation, const RecordArguments& options) {
  const Inheritance inheritance;
  const bool attaches = options.pid != 0;
  if (attaches != (invocation.program.empty() || invocation.program.front().empty()))
    return fail(
        ErrorKind::usage, "record",
        attaches ? "--pid and a program to start exclude each other" : "there is no program to record",
        "see `bygone record --help`");
  RecordOptions record_options;
  record_options.argv = invocation.program;
  record_options.checking = options.check ? Checking::everything : Checking::registers_only;
  record_options.row_checking = options.check_syscalls ? RowChecking::on : RowChecking::off;
  record_options.on_store_failure =
      options.on_store_failure == "kill" ? OnStoreFailure::kill : OnStoreFailure::detach;
  if (options.rdtsc == "ud2") record_options.timestamp_trap = TimestampTrap::ud2;
  if (options.descendants) record_options.descendants = Descendants::too;
  BYGONE_ASSIGN(record_options.snapshots.keep, parse_keep(options.keep));
  if (options.no_snapshots && record_options.snapshots.keep.any())
    return fail(ErrorKind::usage, "record", "--keep needs snapshots to keep the window from",
                "drop --no-snapshots");
  record_options.snapshots.wanted = !options.no_snapshots;
  record_options.snapshots.interval = std::chrono::nanoseconds(options.snapshot_every_ns);
  record_options.snapshots.budget = options.snapshot_budget / 100;
  record_options.spin_limit_s = (options.spin_limit_ns + 999'999'999) / 1'000'000'000;
  record_options.on_spin = options.on_spin == "kill" ? OnSpin::kill : OnSpin::detach;
  record_options.warn = [](const std::string& text) { tell(text); };
  BYGONE_ASSIGN(const std::string program, attaches ? describe_process(options.pid, record_options)
                                                    : find_program(invocation.program.front()));
  BYGONE_ASSIGN(auto header, make_header(record_options));
  BYGONE_ASSIGN(Store store, invocation.open_store());
  const std::string short_name = std::filesystem::path(program).filename();
  RingOptions ring;
  // Whole pages.
  ring.ring_bytes = options.ring_bytes / 4096 * 4096;
  if (options.durable) ring.durability = Durability::survives_machine;
  BYGONE_ASSIGN(Store::NewRecording recording,
                store.create(options.name, short_name, std::move(header), ring));
  std::optional<Freezer> freezer;
  if (record_options.snapshots.keep.any()) {
    freezer.emplace(store, recording.name);
    record_options.crashed = [&freezer](EventNumber event) { freezer->request(event); };
  }
  const auto duration =
      options.duration_ns > 0 ? std::optional(std::chrono::nanoseconds(options.duration_ns)) : std::nullopt;
  const auto outcome = attaches ? record_process(options.pid, record_options, duration, *recording.sink)
                                : record_program(record_options, inheritance, *recording.sink);
  freezer.reset();
  recording.sink.reset();
  // A process that could not be attached to leaves nothing behind.
  if (!outcome && attaches) static_cast<void>(store.remove(recording.name));
  if (!outcome) return tl::unexpected(outcome.error());
  tell_outcome(recording.name, *outcome, options);
  if (record_options.snapshots.keep.size_bytes != 0)
    tell_window(store, recording.name, record_options.snapshots.keep.size_bytes);
  if (attaches) return 0;
  return exit_status_of_program(outcome->wait_status);
}

}  // namespace

void add_record_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<RecordArguments>();
  CLI::App* command = add_command(
      root, invocation, "record", "run a program and record it, with all its children",
      "  bygone record ls -l                 as ls-0; the next one is ls-1\n"
      "  bygone record --name crash ./server --port 80\n"
      "  bygone record -- make -j4           the program's own options need no care\n"
      "  bygone record --keep 10m --keep 2GiB ./server\n"
      "  bygone record --pid 4711 --duration 10s\n"
      "The program keeps its standard streams and its exit status. SIGINT, SIGQUIT, SIGTERM and SIGHUP\n"
      "sent to bygone reach it; with --pid, SIGINT and SIGTERM end the recording.");
  set_usage(*command,
            "bygone record [OPTIONS] [--] PROGRAM [ARGS...]\n       bygone record [OPTIONS] --pid PID");
  command->add_option("-n,--name", options->name, "name of the recording [program-0, program-1, ...]")
      ->type_name("NAME");
  const auto add_ending = [&](const char* name, std::string& ending, const char* meaning) {
    command->add_option(name, ending, meaning)
        ->type_name("detach|kill")
        ->check(CLI::IsMember({"detach", "kill"}));
  };
  command->add_option("-p,--pid", options->pid, "record a process that runs already, with all its threads")
      ->type_name("PID")
      ->check(one_or_more);
  command
      ->add_option("--duration", options->duration_ns,
                   "with --pid: stop after so long, the process runs on [until Ctrl-C]")
      ->type_name("TIME")
      ->transform(time_between("1ms", "365d"));
  command->add_flag("--descendants", options->descendants,
                    "with --pid: its children that run already too, and theirs");
  command->add_flag(
      "--check", options->check,
      "check every mapping against the kernel, and keep digests of memory for `replay --check`");
  command->add_flag(
      "--check-syscalls", options->check_syscalls,
      "find what every call changes in memory, and tell which change more than bygone knew; slow");
  add_ending("--on-store-failure", options->on_store_failure,
             "when the store takes no more, as on a full disk, let the program run on unrecorded, or kill it "
             "[detach]");
  command
      ->add_option(
          "--keep", options->keep,
          "keep only the latest: a time (10m) or a size (2GiB), or both; what lies before is dropped while "
          "recording")
      ->type_name("TIME|SIZE")
      ->allow_extra_args(false);
  command->add_flag("--no-snapshots", options->no_snapshots,
                    "take no snapshots: seeking replays from the beginning until `bygone index` adds some");
  command
      ->add_option("--snapshot-every", options->snapshot_every_ns,
                   "time a replay takes from one snapshot to the next, about [500ms]")
      ->type_name("TIME")
      ->transform(time_between("1ms", "24h"));
  command
      ->add_option("--snapshot-budget", options->snapshot_budget,
                   "share of the program's time that snapshots may take; they get rarer to keep it [10]")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.1, 100.0));
  command
      ->add_option(
          "--spin-limit", options->spin_limit_ns,
          "how long a task may compute while others wait for it and it cannot be interrupted so that a "
          "replay would find the place [no limit]")
      ->type_name("TIME")
      ->transform(time_between("1s", "10d"));
  add_ending("--on-spin", options->on_spin,
             "after that time let the program run on unrecorded, or kill it [detach]");
  command
      ->add_option(
          "--rdtsc", options->rdtsc,
          "let the processor trap what reads its time stamp counter, where it can, or put ud2 in its "
          "place [auto]")
      ->type_name("auto|ud2")
      ->check(CLI::IsMember({"auto", "ud2"}));
  command->add_flag("--durable", options->durable,
                    "sync every commit to the disk: what readers see outlives a crash of the machine");
  command
      ->add_option("--ring-size", options->ring_bytes,
                   "memory between recorder and trace service, 4MiB to 4GiB [64MiB]")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(uint64_t{kSmallestRingBytes}, uint64_t{kLargestRingBytes}));
  command->add_flag("-q,--quiet", options->quiet, "do not tell the recording's name");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return record(invocation, *options); };
  });
}

}  // namespace bygone::cli
