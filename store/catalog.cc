#include "store/catalog.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "store/catalog_schema.h"
#include "store/chunk_store.h"
#include "store/compression.h"
#include "store/content_hash.h"
#include "store/database.h"
#include "store/file_identities.h"

namespace bygone {

namespace {

// Read, hashed and committed together.
constexpr size_t kBatchBytes = 64 * kChunkBytes;

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

}  // namespace

// The content that is just coming in. The last piece is still being compressed while the next one comes.
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
  std::optional<Piece> last;
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
  void store_last_piece();
  int64_t chunk_user(std::string_view recording);
  void forget_chunks(const std::string& recording);
  std::string complete(int64_t content, const std::string& sha256, std::string_view recording);
  void use(std::string_view recording, int64_t content);
  bool find_begun(Incoming& incoming);
  Expected<void> hash_stored(Incoming& incoming);
  void drop_unused();
};

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

std::string Catalog::Impl::complete(int64_t content, const std::string& sha256, std::string_view recording) {
  ShortTransaction transaction(*database);
  SQLite::Statement twin(*database, "SELECT id FROM file_content WHERE sha256 = ?");
  twin.bind(1, sha256);
  if (twin.executeStep()) {
    use(recording, twin.getColumn(0).getInt64());
    twin.reset();
    database->exec(fmt::format("DELETE FROM content_use WHERE content = {}", content));
    drop_unused();
  } else {
    SQLite::Statement update(
        *database,
        "UPDATE file_content SET sha256 = ?1, chunk_count = (SELECT count(*) FROM file_chunk "
        "WHERE content = ?2) WHERE id = ?2");
    update.bind(1, sha256);
    update.bind(2, content);
    update.exec();
  }
  if (incoming && incoming->content == content) {
    SQLite::Statement done(
        *database,
        "UPDATE content_in_progress SET content = (SELECT id FROM file_content WHERE sha256 = ?) "
        "WHERE recording = ? AND ordinal = ?");
    done.bind(1, sha256);
    done.bind(2, incoming->recording);
    done.bind(3, incoming->ordinal);
    done.exec();
  }
  transaction.commit();
  return sha256;
}

Expected<std::string> Catalog::Impl::store(uint64_t size_bytes, const ContentSource& from,
                                           std::string_view recording) {
  int64_t content = 0;
  {
    ShortTransaction transaction(*database);
    SQLite::Statement insert_content(*database, "INSERT INTO file_content(size_bytes) VALUES(?)");
    insert_content.bind(1, int64_t(size_bytes));
    insert_content.exec();
    content = database->getLastInsertRowid();
    use(recording, content);
    transaction.commit();
  }
  ContentHash whole;
  std::vector<std::byte> buffer;
  for (uint64_t offset = 0; offset < size_bytes; offset += buffer.size()) {
    BYGONE_ASSIGN(const uint64_t next, from.next_data(offset));
    whole.add_zeroes(next - offset);
    offset = next;
    buffer.resize(size_t(std::min<uint64_t>(size_bytes - offset, kBatchBytes)));
    BYGONE_TRY(from.read(offset, buffer));
    ChunkBatch batch = chunks.cut(offset, buffer);
    whole.add(buffer);
    chunks.look_up(batch);
    ShortTransaction transaction(*database);
    chunks.insert(content, batch);
    transaction.commit();
  }
  return complete(content, hex(whole.finish()), recording);
}

void Catalog::Impl::store_last_piece() {
  if (!incoming || !incoming->last) return;
  ShortTransaction transaction(*database);
  chunks.insert(incoming->content, incoming->last->chunks);
  SQLite::Statement progress(
      *database, "UPDATE content_in_progress SET stored_bytes = ? WHERE recording = ? AND ordinal = ?");
  progress.bind(1, int64_t(incoming->last->end));
  progress.bind(2, incoming->recording);
  progress.bind(3, incoming->ordinal);
  progress.exec();
  transaction.commit();
  incoming->stored_bytes = incoming->last->end;
  incoming->last.reset();
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

Catalog::Catalog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Catalog::~Catalog() = default;

Expected<void> Catalog::Impl::prepare_tables() {
  if (pragma_number(*database, "user_version") == 0) {
    database->exec("PRAGMA page_size = 16384");
    database->exec("PRAGMA auto_vacuum = INCREMENTAL");
    database->exec("PRAGMA journal_mode = WAL");
    ShortTransaction transaction(*database);
    if (pragma_number(*database, "user_version") == 0) {
      create_catalog_tables(*database);
      database->exec(fmt::format("PRAGMA application_id = {}", kCatalogApplicationId));
      database->exec(fmt::format("PRAGMA user_version = {}", kCatalogVersion));
    }
    transaction.commit();
  }
  if (pragma_number(*database, "application_id") != kCatalogApplicationId)
    return fail(ErrorKind::bad_data, object, "is no catalog of recordings", "move it away");
  const int64_t version = pragma_number(*database, "user_version");
  if (version > kCatalogVersion)
    return fail(ErrorKind::bad_data, object,
                fmt::format("is of catalog format {}; this bygone reads up to {}", version, kCatalogVersion),
                "use a newer bygone or another store");
  if (version < kCatalogVersion) {
    ShortTransaction transaction(*database);
    migrate_catalog(*database, pragma_number(*database, "user_version"));
    database->exec(fmt::format("PRAGMA user_version = {}", kCatalogVersion));
    transaction.commit();
  }
  database->exec(
      "CREATE TEMP TABLE unused(content INTEGER PRIMARY KEY);"
      "CREATE TEMP TABLE loose(chunk INTEGER PRIMARY KEY)");
  return {};
}

Expected<std::unique_ptr<Catalog>> Catalog::open(const std::filesystem::path& path, WorkPool& pool) {
  using Opened = Expected<std::unique_ptr<Catalog>>;
  return guarded(path.string(), [&]() -> Opened {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
      if (fd < 0)
        return fail(ErrorKind::cannot_create, path.string(), std::strerror(errno),
                    "check the store's directory");
      ::close(fd);
    }
    auto impl = std::make_unique<Impl>(path, pool);
    BYGONE_TRY(impl->prepare_tables());
    return std::unique_ptr<Catalog>(new Catalog(std::move(impl)));
  });
}

Expected<void> Catalog::sync_commits() {
  return guarded(impl_->object, [&] { impl_->database->exec("PRAGMA synchronous = FULL"); });
}

bool Catalog::Impl::find_begun(Incoming& begun) {
  SQLite::Statement find(
      *database,
      "SELECT p.content, p.stored_bytes, c.sha256 FROM content_in_progress p JOIN file_content c "
      "ON c.id = p.content WHERE p.recording = ? AND p.ordinal = ?");
  find.bind(1, begun.recording);
  find.bind(2, begun.ordinal);
  if (!find.executeStep()) return false;
  begun.content = find.getColumn(0).getInt64();
  begun.stored_bytes = uint64_t(find.getColumn(1).getInt64());
  if (!find.getColumn(2).isNull()) begun.sha256 = find.getColumn(2).getString();
  return true;
}

// Brings the hash of the whole to where storing stopped.
Expected<void> Catalog::Impl::hash_stored(Incoming& begun) {
  Decompressor decompressor;
  SQLite::Statement chunk(*database,
                          "SELECT f.ordinal, c.bytes FROM file_chunk f JOIN chunk c ON c.id = f.chunk WHERE "
                          "f.content = ? ORDER BY f.ordinal");
  chunk.bind(1, begun.content);
  uint64_t hashed = 0;
  while (chunk.executeStep()) {
    const uint64_t offset = uint64_t(chunk.getColumn(0).getInt64()) * kChunkBytes;
    if (offset < hashed || offset >= begun.stored_bytes) continue;
    const SQLite::Column column = chunk.getColumn(1);
    BYGONE_ASSIGN(
        const std::vector<std::byte> bytes,
        decompressor.decompress({static_cast<const std::byte*>(column.getBlob()), size_t(column.getBytes())},
                                kChunkBytes));
    begun.whole.add_zeroes(offset - hashed);
    begun.whole.add(bytes);
    hashed = offset + bytes.size();
  }
  if (hashed < begun.stored_bytes) begun.whole.add_zeroes(begun.stored_bytes - hashed);
  return {};
}

Expected<std::optional<std::string>> Catalog::find_unchanged(const FileIdentity& identity,
                                                             std::string_view recording) {
  return guarded(impl_->object, [&]() -> std::optional<std::string> {
    // The use is noted in the same transaction as the look-up, so that nobody drops the content in between.
    ShortTransaction transaction(*impl_->database);
    const auto known = impl_->identities.find(identity);
    if (!known) return std::nullopt;
    impl_->use(recording, known->id);
    transaction.commit();
    return known->sha256;
  });
}

Expected<uint64_t> Catalog::begin_content(std::string_view recording, int64_t ordinal, uint64_t size_bytes) {
  return guarded(impl_->object, [&]() -> Expected<uint64_t> {
    auto incoming = std::make_unique<Incoming>();
    incoming->recording = recording;
    incoming->ordinal = ordinal;
    incoming->size_bytes = size_bytes;
    if (!impl_->find_begun(*incoming)) {
      ShortTransaction transaction(*impl_->database);
      SQLite::Statement content(*impl_->database, "INSERT INTO file_content(size_bytes) VALUES(?)");
      content.bind(1, int64_t(size_bytes));
      content.exec();
      incoming->content = impl_->database->getLastInsertRowid();
      SQLite::Statement progress(*impl_->database, "INSERT INTO content_in_progress VALUES(?, ?, ?, 0)");
      progress.bind(1, incoming->recording);
      progress.bind(2, ordinal);
      progress.bind(3, incoming->content);
      progress.exec();
      impl_->use(recording, incoming->content);
      transaction.commit();
    } else if (!incoming->sha256) {
      BYGONE_TRY(impl_->hash_stored(*incoming));
    }
    incoming->taken_bytes = incoming->stored_bytes;
    impl_->incoming = std::move(incoming);
    return impl_->incoming->stored_bytes;
  });
}

bool Catalog::has_incoming() const {
  return impl_->incoming != nullptr;
}

Expected<void> Catalog::add_piece(uint64_t offset_bytes, std::span<const std::byte> bytes) {
  return guarded(impl_->object, [&]() -> Expected<void> {
    Incoming* incoming = impl_->incoming.get();
    if (incoming == nullptr)
      return fail(ErrorKind::bad_data, "file", "a piece of it came before its beginning");
    if (incoming->sha256) return {};
    const uint64_t taken = incoming->taken_bytes;
    const uint64_t end = offset_bytes + bytes.size();
    if (end < taken || (end == taken && !bytes.empty())) return {};
    const bool at_end = bytes.empty() && end == incoming->size_bytes;
    const bool begins_well =
        offset_bytes >= taken && (at_end || (!bytes.empty() && offset_bytes % kChunkBytes == 0));
    if (!begins_well || end > incoming->size_bytes ||
        (end != incoming->size_bytes && bytes.size() % kChunkBytes != 0))
      return fail(ErrorKind::bad_data, "file",
                  fmt::format("a piece of it from {} to {} came where {} was due", offset_bytes, end, taken));
    // A copy, since the sender could change the bytes between their being hashed and compressed.
    std::vector<std::byte> copy(bytes.begin(), bytes.end());
    ChunkBatch chunks = impl_->chunks.cut(offset_bytes, copy);
    incoming->whole.add_zeroes(offset_bytes - taken);
    incoming->whole.add(copy);
    impl_->chunks.look_up(chunks);
    impl_->store_last_piece();
    incoming->last.emplace(Incoming::Piece{std::move(copy), std::move(chunks), end});
    incoming->taken_bytes = end;
    return {};
  });
}

Expected<void> Catalog::store_pieces() {
  return guarded(impl_->object, [&] { impl_->store_last_piece(); });
}

Expected<std::string> Catalog::finish_content(const FileIdentity* identity) {
  return guarded(impl_->object, [&]() -> Expected<std::string> {
    Incoming* incoming = impl_->incoming.get();
    if (incoming == nullptr) return fail(ErrorKind::bad_data, "file", "its end came before its beginning");
    impl_->store_last_piece();
    std::string sha256;
    if (incoming->sha256) {
      sha256 = *incoming->sha256;
    } else if (incoming->stored_bytes != incoming->size_bytes) {
      return fail(ErrorKind::bad_data, "file", "its end came before all of it");
    } else {
      sha256 = impl_->complete(incoming->content, hex(incoming->whole.finish()), incoming->recording);
    }
    if (identity != nullptr) impl_->identities.remember(*identity, sha256);
    impl_->incoming.reset();
    return sha256;
  });
}

Expected<std::string> Catalog::add_bytes(uint64_t size_bytes, const ContentSource& from,
                                         std::string_view recording) {
  return guarded(impl_->object, [&] { return impl_->store(size_bytes, from, recording); });
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

Expected<CatalogCounts> Catalog::counts() {
  return guarded(impl_->object, [&] {
    CatalogCounts counts;
    SQLite::Statement contents(*impl_->database,
                               "SELECT count(*) FROM file_content WHERE sha256 IS NOT NULL");
    if (contents.executeStep()) counts.contents = uint64_t(contents.getColumn(0).getInt64());
    SQLite::Statement chunks(*impl_->database,
                             "SELECT count(*), total(size_bytes), total(length(bytes)) FROM chunk");
    if (chunks.executeStep()) {
      counts.chunks = uint64_t(chunks.getColumn(0).getInt64());
      counts.raw_bytes = uint64_t(chunks.getColumn(1).getDouble());
      counts.stored_bytes = uint64_t(chunks.getColumn(2).getDouble());
    }
    return counts;
  });
}

}  // namespace bygone
