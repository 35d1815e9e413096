#pragma once

// What the files catalog*.cc share; nobody else includes it.

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/catalog.h"
#include "store/chunk_store.h"
#include "store/content_hash.h"
#include "store/database.h"
#include "store/file_identities.h"

namespace bygone {

// Ends in a rollback unless committed.
class ShortTransaction {
 public:
  explicit ShortTransaction(SQLite::Database& database) : database_(&database) {
    database.exec("BEGIN IMMEDIATE");
  }
  ~ShortTransaction() {
    if (database_ != nullptr) database_->tryExec("ROLLBACK");
  }
  ShortTransaction(const ShortTransaction&) = delete;
  ShortTransaction& operator=(const ShortTransaction&) = delete;
  void commit() {
    database_->exec("COMMIT");
    database_ = nullptr;
  }

 private:
  SQLite::Database* database_;
};

// The content that is just coming in. Pieces are compressed while the next ones come.
struct Incoming {
  struct Piece {
    std::vector<std::byte> bytes;
    ChunkBatch chunks;
    uint64_t end = 0;
  };

  std::string recording;
  int64_t ordinal = 0;
  int64_t content = 0;
  uint64_t size_bytes = 0;
  uint64_t taken_bytes = 0;
  uint64_t stored_bytes = 0;
  std::optional<std::string> sha256;  // known where it was finished before
  ContentHash whole;
  std::vector<Piece> waiting;  // to be stored together
};

struct Catalog::Impl {
  Impl(const std::filesystem::path& path, WorkPool& pool)
      : object(path.string()),
        database(open_for_writing(path)),
        chunks(*database, pool),
        identities(*database) {}

  std::string object;
  std::unique_ptr<SQLite::Database> database;
  ChunkStore chunks;
  FileIdentities identities;
  std::unique_ptr<Incoming> incoming;

  Expected<void> prepare_tables();
  Expected<std::string> store(uint64_t size_bytes, const ContentSource& from, std::string_view recording);
  void store_waiting();
  int64_t chunk_user(std::string_view recording);
  void forget_chunks(const std::string& recording);
  std::string complete(int64_t content, const std::string& sha256, std::string_view recording);
  void use(std::string_view recording, int64_t content);
  bool find_begun(Incoming& incoming);
  Expected<void> hash_stored(Incoming& incoming);
  void drop_unused();
};

}  // namespace bygone
