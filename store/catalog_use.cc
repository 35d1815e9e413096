#include <fmt/core.h>

#include "store/catalog_impl.h"

// Which recording uses which contents and chunks, and what is dropped when none does any more.

namespace bygone {

void Catalog::Impl::use(std::string_view recording, int64_t content) {
  SQLite::Statement insert(*database, "INSERT OR IGNORE INTO content_use(recording, content) VALUES(?, ?)");
  insert.bind(1, std::string(recording));
  insert.bind(2, content);
  insert.exec();
}

int64_t Catalog::Impl::chunk_user(std::string_view recording) {
  SQLite::Statement add(*database, "INSERT OR IGNORE INTO chunk_user(recording) VALUES(?)");
  add.bind(1, std::string(recording));
  add.exec();
  SQLite::Statement find(*database, "SELECT id FROM chunk_user WHERE recording = ?");
  find.bind(1, std::string(recording));
  return find.executeStep() ? find.getColumn(0).getInt64() : 0;
}

// Leaves what nobody uses any more to drop_unused().
void Catalog::Impl::forget_chunks(const std::string& recording) {
  for (const char* sql :
       {"INSERT OR IGNORE INTO temp.loose SELECT u.chunk FROM chunk_use u JOIN chunk_user r ON r.id = u.user "
        "WHERE r.recording = ?",
        "DELETE FROM chunk_use WHERE user = (SELECT id FROM chunk_user WHERE recording = ?)",
        "DELETE FROM chunk_user WHERE recording = ?"}) {
    SQLite::Statement statement(*database, sql);
    statement.bind(1, recording);
    statement.exec();
  }
}

// Contents without a user, their identities, and the chunks nobody refers to any more.
void Catalog::Impl::drop_unused() {
  database->exec(
      "DELETE FROM temp.unused;"
      "INSERT INTO temp.unused SELECT id FROM file_content c WHERE NOT EXISTS "
      "(SELECT 1 FROM content_use u WHERE u.content = c.id);"
      "INSERT OR IGNORE INTO temp.loose SELECT chunk FROM file_chunk WHERE content IN temp.unused;"
      "DELETE FROM file_identity WHERE content IN temp.unused;"
      "DELETE FROM file_chunk WHERE content IN temp.unused;"
      "DELETE FROM file_content WHERE id IN temp.unused;"
      "DELETE FROM chunk WHERE id IN temp.loose AND NOT EXISTS "
      "(SELECT 1 FROM file_chunk f WHERE f.chunk = chunk.id) AND NOT EXISTS "
      "(SELECT 1 FROM chunk_use u WHERE u.chunk = chunk.id);"
      "DELETE FROM temp.loose;");
}

Expected<uint64_t> Catalog::keep_chunks(std::span<const Chunk> chunks, std::string_view recording) {
  return guarded(impl_->object, [&] {
    ChunkBatch batch = impl_->chunks.take(chunks);
    impl_->chunks.look_up(batch);
    ShortTransaction transaction(*impl_->database);
    const int64_t user = impl_->chunk_user(recording);
    SQLite::Statement use(*impl_->database, "INSERT OR IGNORE INTO chunk_use(user, chunk) VALUES(?, ?)");
    const uint64_t stored_bytes = impl_->chunks.insert(batch, [&](int64_t chunk) {
      use.reset();
      use.bind(1, user);
      use.bind(2, chunk);
      use.exec();
    });
    transaction.commit();
    return stored_bytes;
  });
}

Expected<void> Catalog::forget_contents(std::string_view recording, std::span<const std::string> contents) {
  return guarded(impl_->object, [&] {
    ShortTransaction transaction(*impl_->database);
    for (const char* table : {"content_use", "content_in_progress"}) {
      SQLite::Statement forget(
          *impl_->database,
          fmt::format("DELETE FROM {} WHERE recording = ? AND content = (SELECT id FROM file_content WHERE "
                      "sha256 = ?)",
                      table));
      for (const std::string& sha256 : contents) {
        forget.reset();
        forget.bind(1, std::string(recording));
        forget.bind(2, sha256);
        forget.exec();
      }
    }
    impl_->drop_unused();
    transaction.commit();
    impl_->database->tryExec("PRAGMA incremental_vacuum");
  });
}

Expected<void> Catalog::forget(std::string_view recording) {
  return guarded(impl_->object, [&] {
    ShortTransaction transaction(*impl_->database);
    SQLite::Statement forget(*impl_->database, "DELETE FROM content_use WHERE recording = ?");
    forget.bind(1, std::string(recording));
    forget.exec();
    SQLite::Statement progress(*impl_->database, "DELETE FROM content_in_progress WHERE recording = ?");
    progress.bind(1, std::string(recording));
    progress.exec();
    impl_->forget_chunks(std::string(recording));
    impl_->drop_unused();
    transaction.commit();
    impl_->database->tryExec("PRAGMA incremental_vacuum");
  });
}

Expected<void> Catalog::collect_garbage(const std::function<bool(const std::string&)>& exists,
                                        const std::function<bool(const std::string&)>& is_live) {
  return guarded(impl_->object, [&] {
    ShortTransaction transaction(*impl_->database);
    std::vector<std::string> recordings;
    SQLite::Statement all(
        *impl_->database,
        "SELECT DISTINCT recording FROM content_use UNION SELECT recording FROM chunk_user");
    while (all.executeStep()) recordings.push_back(all.getColumn(0).getString());
    all.reset();
    for (const std::string& recording : recordings) {
      if (exists(recording) && is_live(recording)) continue;
      SQLite::Statement forget(
          *impl_->database, exists(recording) ? "DELETE FROM content_use WHERE recording = ? AND content IN "
                                                "(SELECT id FROM file_content WHERE sha256 IS NULL)"
                                              : "DELETE FROM content_use WHERE recording = ?");
      forget.bind(1, recording);
      forget.exec();
      SQLite::Statement progress(*impl_->database, "DELETE FROM content_in_progress WHERE recording = ?");
      progress.bind(1, recording);
      progress.exec();
      if (!exists(recording)) impl_->forget_chunks(recording);
    }
    impl_->drop_unused();
    transaction.commit();
    impl_->database->tryExec("PRAGMA incremental_vacuum");
  });
}

Expected<void> Catalog::use_likewise(std::string_view recording, std::string_view copy) {
  return guarded(impl_->object, [&] {
    SQLite::Transaction transaction(*impl_->database, SQLite::TransactionBehavior::IMMEDIATE);
    const int64_t from = impl_->chunk_user(recording), to = impl_->chunk_user(copy);
    SQLite::Statement contents(*impl_->database,
                               "INSERT OR IGNORE INTO content_use(recording, content) "
                               "SELECT ?, content FROM content_use WHERE recording = ?");
    contents.bind(1, std::string(copy));
    contents.bind(2, std::string(recording));
    contents.exec();
    SQLite::Statement chunks(
        *impl_->database,
        "INSERT OR IGNORE INTO chunk_use(user, chunk) SELECT ?, chunk FROM chunk_use WHERE user = ?");
    chunks.bind(1, to);
    chunks.bind(2, from);
    chunks.exec();
    transaction.commit();
  });
}

}  // namespace bygone
