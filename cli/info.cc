#include <memory>

#include "cli/command.h"
#include "cli/output.h"
#include "query/query.h"

namespace bygone::cli {
namespace {

struct InfoArguments {
  std::string recording;
  RowOptions rows;
};

Expected<int> info(const Invocation& invocation, const InfoArguments& options) {
  BYGONE_ASSIGN(const Store store, invocation.open_store());
  BYGONE_ASSIGN(const auto recording, store.read(options.recording));
  StandardOutput output;
  const query::TextSink sink = [&](std::string_view text) { return output.write(text); };
  BYGONE_TRY(query::answer(*recording, "info", {presentation_of(options.rows), {}}, sink));
  BYGONE_TRY(output.flush());
  return 0;
}

}  // namespace

void add_info_command(CLI::App& root, Invocation& invocation) {
  const auto options = std::make_shared<InfoArguments>();
  CLI::App* command = add_command(root, invocation, "info", "tell what a recording is",
                                  "  bygone info                         the latest recording\n"
                                  "  bygone info ls-0 --format json");
  command->add_option("recording", options->recording, "name or file [the latest]")->type_name("NAME|FILE");
  add_row_options(*command, options->rows);
  command->callback([&invocation, options] {
    invocation.run = [&invocation, options] { return info(invocation, *options); };
  });
}

}  // namespace bygone::cli
