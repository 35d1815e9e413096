#include "store/file_identities.h"

#include <algorithm>
#include <ctime>

namespace bygone {

namespace {

// The kernel's clock for files ticks in milliseconds, other file systems' in seconds.
constexpr int64_t kSettledNs = 2'000'000'000;

void bind(SQLite::Statement& statement, const FileIdentity& identity) {
  statement.bind(1, identity.device.text());
  statement.bind(2, int64_t(identity.inode));
  statement.bind(3, int64_t(identity.size_bytes));
  statement.bind(4, identity.mtime_ns);
  statement.bind(5, identity.ctime_ns);
}

}  // namespace

std::optional<KnownContent> FileIdentities::find(const FileIdentity& identity) {
  SQLite::Statement select(
      database_,
      "SELECT c.id, c.sha256 FROM file_identity i JOIN file_content c ON c.id = i.content "
      "WHERE i.device = ? AND i.inode = ? AND i.size_bytes = ? AND i.mtime_ns = ? AND "
      "i.ctime_ns = ? AND c.sha256 IS NOT NULL");
  bind(select, identity);
  if (!select.executeStep()) return std::nullopt;
  return KnownContent{select.getColumn(0).getInt64(), select.getColumn(1).getString()};
}

void FileIdentities::remember(const FileIdentity& identity, const std::string& sha256) {
  timespec clock{};
  ::clock_gettime(CLOCK_REALTIME, &clock);
  const int64_t now_ns = int64_t(clock.tv_sec) * 1'000'000'000 + clock.tv_nsec;
  if (now_ns - std::max(identity.mtime_ns, identity.ctime_ns) <= kSettledNs) return;
  SQLite::Statement insert(
      database_,
      "INSERT OR REPLACE INTO file_identity(device, inode, size_bytes, mtime_ns, ctime_ns, "
      "content) SELECT ?, ?, ?, ?, ?, id FROM file_content WHERE sha256 = ?");
  bind(insert, identity);
  insert.bind(6, sha256);
  insert.exec();
}

}  // namespace bygone
