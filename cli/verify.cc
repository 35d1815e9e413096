#include "store/verify.h"

#include <fmt/core.h>

#include <memory>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "replayer/index.h"

namespace bygone::cli {
namespace {

struct VerifyArguments {
  std::vector<std::string> recordings;
  bool no_files = false;
  bool replay = false;
};

Expected<int> verify(const Invocation& invocation, const VerifyArguments& options) {
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  StandardOutput output;
  for (const std::string& recording : options.recordings) {
    BYGONE_ASSIGN(const auto reader, store.read(recording));
    BYGONE_ASSIGN(const VerifyReport report,
                  verify_recording(*reader, options.no_files ? VerifyContent::no : VerifyContent::yes));
    BYGONE_TRY(output.write(fmt::format(
        "{}: sound: {} events, {} rows, {} bytes of memory, {} files of {} bytes\n", reader->name(),
        report.events, report.rows, report.payload_bytes, report.contents, report.content_bytes)));
    if (!options.replay) continue;
    BYGONE_ASSIGN(const SnapshotProof proof, [&] {
      Progress progress(reader->last_event().value, 0);
      return prove_snapshots(*reader, [&](EventNumber done) { progress.update(done.value); });
    }());
    BYGONE_TRY(output.write(fmt::format("{}: replays: {} snapshots restored and compared, {} pages\n",
                                        reader->name(), proof.snapshots, proof.pages)));
  }
  BYGONE_TRY(output.flush());
  return 0;
}

}  // namespace

void add_verify_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<VerifyArguments>();
  options->recordings = {""};
  CLI::App* command = add_command(root, invocation, "verify", "read all of a recording and check it",
                                  "  bygone verify\n"
                                  "  bygone verify ls-0 ls.bygone\n"
                                  "Stops at the first thing that does not hold, and names it.");
  command->add_option("recordings", options->recordings, "names or files [the latest]")
      ->type_name("NAME|FILE...");
  command->add_flag("--replay", options->replay,
                    "replay too, from snapshot to snapshot, and compare all memory and registers with each");
  command->add_flag("--no-files", options->no_files, "do not read the stored files");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return verify(invocation, *options); };
  });
}

}  // namespace bygone::cli
