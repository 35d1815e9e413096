#include "tests/support/bygone.h"

#include <cstdlib>
#include <stdexcept>

namespace bygone::test {

std::filesystem::path bygone_binary() {
  const char* other = std::getenv("BYGONE_BINARY");
  return other != nullptr ? other : BYGONE_BINARY;
}
std::string program(const std::string& name) {
  return std::string(PROGRAM_FOLDER) + "/" + name;
}

Bygone::Bygone() {
  std::filesystem::create_directory(folder_ / "home");
}

std::filesystem::path Bygone::database(const std::string& name) const {
  return store() / "recordings" / (name + ".db");
}

RunOptions Bygone::complete(RunOptions options) const {
  options.environment.insert(options.environment.begin(),
                             {{"BYGONE_STORE", store()},
                              {"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
                              {"HOME", folder_ / "home"},
                              {"LC_ALL", "C.UTF-8"}});
  return options;
}

RunResult Bygone::operator()(std::vector<std::string> arguments, RunOptions options) const {
  arguments.insert(arguments.begin(), bygone_binary());
  return run(arguments, complete(std::move(options)));
}

RunResult Bygone::record(const std::string& name, const std::vector<std::string>& argv, RunOptions options) {
  std::vector<std::string> arguments = {"record", "--check", "--name", name, "--"};
  arguments.insert(arguments.end(), argv.begin(), argv.end());
  RunResult result = (*this)(std::move(arguments), std::move(options));
  notices_ = take_notices(result.err);
  return result;
}

RunResult Bygone::replay(const std::string& name, RunOptions options) {
  RunResult result = (*this)({"replay", "--check", name}, std::move(options));
  notices_ = take_notices(result.err);
  return result;
}

nlohmann::json Bygone::query(const std::string& name, const std::string& phrase) const {
  const RunResult result = (*this)({"query", name, phrase, "--format", "json"});
  if (result.status != 0)
    throw std::runtime_error("query '" + phrase + "' ended with " + std::to_string(result.status) + ": " +
                             result.err);
  return nlohmann::json::parse(result.out);
}

RunResult Bygone::bare(const std::vector<std::string>& argv, RunOptions options) const {
  return run(argv, complete(std::move(options)));
}

std::string take_notices(std::string& err) {
  std::string notices, rest;
  for (size_t at = 0; at < err.size();) {
    const size_t newline = err.find('\n', at);
    const size_t end = newline == std::string::npos ? err.size() : newline + 1;
    const std::string line = err.substr(at, end - at);
    (line.starts_with("bygone: ") ? notices : rest) += line;
    at = end;
  }
  err = rest;
  return notices;
}

}  // namespace bygone::test
