#include "store/window_keeper.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "store/catalog.h"
#include "store/database.h"
#include "store/row_store.h"

namespace bygone {

namespace {

constexpr uint64_t kPiecesOfTheBound = 32;
constexpr uint64_t kLeastPendingBytes = 1 << 20;
constexpr uint64_t kFewestLogPages = 16;

}  // namespace

void WindowKeeper::see(const HeaderEntry& entry) {
  uint64_t value = 0;
  std::from_chars(entry.value.data(), entry.value.data() + entry.value.size(), value);
  if (entry.key == kKeepTimeKey) bounds_.time_ns = value;
  if (entry.key == kLeastWindowKey) least_window_bytes_ = value;
  if (entry.key != kKeepSizeKey) return;
  bounds_.size_bytes = value;
  const uint64_t piece = value / kPiecesOfTheBound;
  pending_limit_bytes_ = std::max(piece, kLeastPendingBytes);
  const uint64_t usual_pages = uint64_t(pragma_number(database_, "wal_autocheckpoint"));
  const uint64_t pages = piece / uint64_t(pragma_number(database_, "page_size"));
  database_.exec(fmt::format("PRAGMA journal_size_limit = {}", piece));
  database_.exec(fmt::format("PRAGMA wal_autocheckpoint = {}",
                             std::clamp(pages, kFewestLogPages, std::max(kFewestLogPages, usual_pages))));
}

void WindowKeeper::see(const Content& content) {
  if (const auto it = expected_contents_.find(content.sha256); it != expected_contents_.end())
    expected_contents_.erase(it);
}

Expected<std::vector<std::string>> WindowKeeper::prune() {
  BYGONE_ASSIGN(const PruneOutcome pruned, Pruner(database_, bounds_).prune());
  if (pruned.is_least && bounds_.size_bytes != 0 &&
      pruned.used_bytes > std::max(bounds_.size_bytes, least_window_bytes_)) {
    least_window_bytes_ = pruned.used_bytes;
    BYGONE_TRY(RowStore(database_).put_row(
        HeaderEntry{std::string(kLeastWindowKey), std::to_string(pruned.used_bytes)}, std::nullopt));
  }
  return pruned.contents;
}

Expected<void> WindowKeeper::forget_contents(std::vector<std::string> contents) {
  std::erase_if(contents, [&](const std::string& sha256) { return expected_contents_.contains(sha256); });
  if (contents.empty() || !knows_expected_ || catalog_.empty()) return {};
  BYGONE_ASSIGN(const auto catalog, Catalog::open(catalog_));
  return catalog->forget_contents(recording_, contents);
}

}  // namespace bygone
