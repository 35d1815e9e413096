#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <string>

#include "schema/record.h"

namespace bygone {

struct KnownContent {
  int64_t id = 0;
  std::string sha256;
};

// The table `file_identity` of a catalog: which content a file had when it was last read. A file that shows
// the same device, inode, size and times is not read again. Members throw SQLite::Exception.
class FileIdentities {
 public:
  explicit FileIdentities(SQLite::Database& database) : database_(database) {}

  std::optional<KnownContent> find(const FileIdentity& identity);
  // Does nothing for a file that changed so lately that it may change again without its times showing it.
  void remember(const FileIdentity& identity, const std::string& sha256);

 private:
  SQLite::Database& database_;
};

}  // namespace bygone
