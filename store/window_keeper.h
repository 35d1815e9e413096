#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/keep_bounds.h"
#include "schema/rows.h"
#include "store/prune.h"

namespace SQLite {
class Database;
}

namespace bygone {

// Holds a recording that keeps only its last minutes or bytes (`record --keep`) to its bounds, which it
// learns from the header's entries. Members throw SQLite::Exception besides.
class WindowKeeper {
 public:
  // `recording` is what the catalog knows it by; without a catalog no contents are forgotten.
  WindowKeeper(SQLite::Database& database, std::string recording, std::filesystem::path catalog)
      : database_(database), recording_(std::move(recording)), catalog_(std::move(catalog)) {}

  bool any() const { return bounds_.any(); }
  // Bytes of payload after which a commit is due: what is pending lies beside the window. 0: as many as ever.
  uint64_t pending_limit_bytes() const { return pending_limit_bytes_; }

  void see(const HeaderEntry& entry);
  void see(const Snapshot&) { snapshot_taken_ = true; }
  // It has arrived, and is in use by the recording's own rows from here on.
  void see(const Content& content);
  // The recorder was told that this content is stored: it stays, though no row names it yet.
  void expect_content(std::string sha256) { expected_contents_.insert(std::move(sha256)); }
  // Another service told the recorder what is stored: nothing is forgotten.
  void forget_nothing() { knows_expected_ = false; }

  // True when a snapshot has come since this was asked last, so that prune() may find something.
  bool is_due() { return any() && std::exchange(snapshot_taken_, false); }
  // Within a transaction. Drops what lies before the window, and notes in the header a bound that cannot be
  // held. Returns the sha256 of contents without a row, for forget_contents().
  Expected<std::vector<std::string>> prune();
  // In the catalog, after that transaction: what is forgotten twice does no harm, what is missing does.
  Expected<void> forget_contents(std::vector<std::string> contents);

 private:
  SQLite::Database& database_;
  std::string recording_;
  std::filesystem::path catalog_;
  KeepBounds bounds_;
  uint64_t pending_limit_bytes_ = 0;
  uint64_t least_window_bytes_ = 0;  // where that is above the bound
  bool snapshot_taken_ = false;
  std::multiset<std::string> expected_contents_;
  bool knows_expected_ = true;
};

}  // namespace bygone
