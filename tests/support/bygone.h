#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/process_run.h"
#include "tests/support/scratch.h"

namespace bygone::test {

// The `bygone` that was built beside the tests, or $BYGONE_BINARY to try another one.
std::filesystem::path bygone_binary();
// An executable of tests/programs.
std::string program(const std::string& name);

// A store of its own and the commands run on it. Every command has $BYGONE_STORE set, a plain PATH, locale
// and home.
class Bygone {
 public:
  Bygone();

  std::filesystem::path store() const { return folder_ / "store"; }
  std::filesystem::path database(const std::string& name) const;

  RunResult operator()(std::vector<std::string> arguments, RunOptions options = {}) const;
  // With --check, and without what bygone itself says on standard error; that is kept in `notices`.
  RunResult record(const std::string& name, const std::vector<std::string>& argv, RunOptions options = {});
  RunResult replay(const std::string& name, RunOptions options = {});
  // The rows of an answer; throws with the error's text if there is none.
  nlohmann::json query(const std::string& name, const std::string& phrase) const;

  // The same environment without bygone, to see what a command does by itself.
  RunResult bare(const std::vector<std::string>& argv, RunOptions options = {}) const;

  const std::string& notices() const { return notices_; }

 private:
  RunOptions complete(RunOptions options) const;

  ScratchFolder folder_;
  std::string notices_;
};

// Takes the lines that bygone itself says out of a program's standard error.
std::string take_notices(std::string& err);

}  // namespace bygone::test
