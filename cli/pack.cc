#include "store/pack.h"

#include <fmt/core.h>

#include <memory>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"

namespace bygone::cli {
namespace {

struct PackArguments {
  std::string recording;
  std::string file;
  std::string name;
};

Expected<int> pack(const Invocation& invocation, const PackArguments& options) {
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  BYGONE_ASSIGN(const PackReport report, pack_recording(store, options.recording, options.file));
  tell(fmt::format("packed {} events and {} files into {}, {} bytes", report.events, report.contents,
                   options.file, report.size_bytes));
  return 0;
}

// The name goes to standard output, for scripts that go on with it.
Expected<int> import(const Invocation& invocation, const PackArguments& options) {
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  BYGONE_ASSIGN(const std::string name, import_recording(store, options.file, options.name));
  StandardOutput output;
  BYGONE_TRY(output.write(name + "\n"));
  BYGONE_TRY(output.flush());
  return 0;
}

}  // namespace

void add_pack_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<PackArguments>();
  CLI::App* command = add_command(root, invocation, "pack", "write a recording into one file that travels",
                                  "  bygone pack ls-0 ls.bygone\n"
                                  "  bygone replay ls.bygone\n"
                                  "The file holds the whole of every program and library that was mapped.");
  command->add_option("recording", options->recording, "name of a recording")->required()->type_name("NAME");
  command->add_option("file", options->file, "a new file")->required()->type_name("FILE");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return pack(invocation, *options); };
  });
}

void add_import_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<PackArguments>();
  CLI::App* command =
      add_command(root, invocation, "import", "bring a packed recording into the store",
                  "  bygone import ls.bygone\n"
                  "  bygone import --name theirs ls.bygone\n"
                  "Prints the name it got. Files the store has already are not stored again.");
  command->add_option("file", options->file, "a packed recording")->required()->type_name("FILE");
  command->add_option("-n,--name", options->name, "name in the store [the one it had]")->type_name("NAME");
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return import(invocation, *options); };
  });
}

}  // namespace bygone::cli
