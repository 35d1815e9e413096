#include "cli/command.h"

#include <fmt/core.h>

#include "cli/output.h"
#include "query/numbers.h"

namespace bygone::cli {
namespace {

class UsageFormatter : public CLI::Formatter {
 public:
  explicit UsageFormatter(std::string usage) : usage_(std::move(usage)) {}
  std::string make_usage(const CLI::App*, std::string) const override { return "Usage: " + usage_ + "\n"; }

 private:
  std::string usage_;
};

}  // namespace

Expected<Store> Invocation::open_store() const {
  return Store::open(store_directory.empty() ? Store::default_directory()
                                             : std::filesystem::path(store_directory));
}

void add_store_option(CLI::App& app, Invocation& invocation) {
  app.add_option("--store", invocation.store_directory,
                 "directory of the recordings [$BYGONE_STORE, else ~/.local/share/bygone]")
      ->type_name("DIR");
}

CLI::App* add_command(CLI::App& root, Invocation& invocation, const std::string& name,
                      const std::string& description, const std::string& examples) {
  CLI::App* command = root.add_subcommand(name, description);
  add_store_option(*command, invocation);
  command->footer("\nExamples:\n" + examples);
  return command;
}

void set_usage(CLI::App& command, const std::string& usage) {
  command.formatter(std::make_shared<UsageFormatter>(usage));
}

// CLI11's own words for this spell out the largest double, and it takes -1 for a very large number.
std::string one_or_more(const std::string& text) {
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  const bool zero = text.find_first_not_of('0') == std::string::npos;
  return digits && !zero ? "" : "must be a whole number from 1 on";
}

CLI::Validator time_between(const std::string& least, const std::string& most) {
  const uint64_t least_ns = *query::parse_duration(least), most_ns = *query::parse_duration(most);
  const auto in_ns = [=](std::string& text) -> std::string {
    const auto given = query::parse_duration(text);
    if (!given || *given < least_ns || *given > most_ns)
      return fmt::format("'{}' is no time from {} to {}: give seconds (10), or 500ms, 2m, 1h", text, least,
                         most);
    text = std::to_string(*given);
    return {};
  };
  return CLI::Validator(in_ns, std::string());
}

void add_row_options(CLI::App& command, RowOptions& options) {
  command.add_option("-f,--format", options.format, "table, json, jsonl or csv")
      ->check(CLI::IsMember({"table", "json", "jsonl", "csv"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  command.add_option("--limit", options.limit, "show so many rows at most")
      ->type_name("N")
      ->check(one_or_more);
}

query::Presentation presentation_of(const RowOptions& options) {
  const auto format = query::format_of(options.format).value_or(query::Format::table);
  if (format != query::Format::table) return {format};
  const size_t width = terminal_width();
  return {format, width, width != 0 && terminal_has_colour() ? query::Colour::terminal : query::Colour::none};
}

}  // namespace bygone::cli
