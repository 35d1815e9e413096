#include "store/catalog.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <vector>

#include "store/catalog_schema.h"
#include "store/compression.h"
#include "store/database.h"
#include "store/sha256.h"

namespace bygone {

namespace {

// Read, hashed and committed together.
constexpr size_t kBatchChunks = 64;
// A file changed this lately may change again without its times showing it (the kernel's clock ticks in ms).
constexpr int64_t kSettledNs = 2'000'000'000;

int64_t to_ns(const timespec& time) {
  return int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

bool all_zero(std::span<const std::byte> bytes) {
  return !bytes.empty() && bytes.front() == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

struct PreparedChunk {
  int64_t ordinal = 0;
  Chunk chunk;
  std::vector<std::byte> compressed;  // empty if the catalog had it when it was looked up
};

// What is all zero is left out.
std::vector<PreparedChunk> cut(uint64_t offset, std::span<const std::byte> bytes) {
  std::vector<PreparedChunk> chunks;
  for (size_t at = 0; at < bytes.size(); at += kChunkBytes) {
    const auto chunk = bytes.subspan(at, std::min(kChunkBytes, bytes.size() - at));
    if (!all_zero(chunk))
      chunks.push_back({int64_t((offset + at) / kChunkBytes), {chunk, sha256_of(chunk)}, {}});
  }
  return chunks;
}

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

// The content that is just coming in.
struct Incoming {
  std::string recording;
  int64_t ordinal = 0;
  int64_t content = 0;
  uint64_t size_bytes = 0;
  uint64_t stored_bytes = 0;
  std::optional<std::string> sha256;  // known where it was finished before
  Sha256 whole;
};

struct Catalog::Impl {
  std::string object;
  std::unique_ptr<SQLite::Database> database;
  std::optional<SQLite::Statement> select_chunk;
  std::optional<SQLite::Statement> add_chunk;
  Compressor compressor;
  std::unique_ptr<Incoming> incoming;

  std::optional<std::string> known_content(const FileIdentity& identity, std::string_view recording);
  Expected<std::string> store(uint64_t size_bytes, const ReadBytes& read, std::string_view recording);
  void prepare(std::vector<PreparedChunk>& chunks);
  void insert(int64_t content, const std::vector<PreparedChunk>& chunks);
  std::optional<int64_t> find_chunk(const Sha256Digest& sha256);
  int64_t chunk_id(const PreparedChunk& prepared);
  int64_t chunk_user(std::string_view recording);
  void forget_chunks(const std::string& recording);
  std::string complete(int64_t content, const std::string& sha256, std::string_view recording);
  void use(std::string_view recording, int64_t content);
  void remember(const FileIdentity& identity, const std::string& sha256);
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

void Catalog::Impl::remember(const FileIdentity& identity, const std::string& sha256) {
  timespec clock{};
  ::clock_gettime(CLOCK_REALTIME, &clock);
  if (to_ns(clock) - std::max(identity.mtime_ns, identity.ctime_ns) <= kSettledNs) return;
  SQLite::Statement insert(
      *database,
      "INSERT OR REPLACE INTO file_identity(device, inode, size_bytes, mtime_ns, ctime_ns, "
      "content) SELECT ?, ?, ?, ?, ?, id FROM file_content WHERE sha256 = ?");
  insert.bind(1, identity.device.text());
  insert.bind(2, int64_t(identity.inode));
  insert.bind(3, int64_t(identity.size_bytes));
  insert.bind(4, identity.mtime_ns);
  insert.bind(5, identity.ctime_ns);
  insert.bind(6, sha256);
  insert.exec();
}

std::optional<std::string> Catalog::Impl::known_content(const FileIdentity& identity,
                                                        std::string_view recording) {
  // The use is noted in the same transaction as the look-up, so that nobody drops the content in between.
  ShortTransaction transaction(*database);
  SQLite::Statement select(
      *database,
      "SELECT c.id, c.sha256 FROM file_identity i JOIN file_content c ON c.id = i.content "
      "WHERE i.device = ? AND i.inode = ? AND i.size_bytes = ? AND i.mtime_ns = ? AND "
      "i.ctime_ns = ? AND c.sha256 IS NOT NULL");
  select.bind(1, identity.device.text());
  select.bind(2, int64_t(identity.inode));
  select.bind(3, int64_t(identity.size_bytes));
  select.bind(4, identity.mtime_ns);
  select.bind(5, identity.ctime_ns);
  if (!select.executeStep()) return std::nullopt;
  const std::string sha256 = select.getColumn(1).getString();
  use(recording, select.getColumn(0).getInt64());
  select.reset();
  transaction.commit();
  return sha256;
}

void Catalog::Impl::prepare(std::vector<PreparedChunk>& chunks) {
  for (PreparedChunk& prepared : chunks) {
    const Chunk& chunk = prepared.chunk;
    if (find_chunk(chunk.sha256)) continue;
    const auto compressed = compressor.compress(chunk.bytes);
    prepared.compressed.assign(compressed.begin(), compressed.end());
  }
}

std::optional<int64_t> Catalog::Impl::find_chunk(const Sha256Digest& sha256) {
  if (!select_chunk) select_chunk.emplace(*database, "SELECT id FROM chunk WHERE sha256 = ?");
  select_chunk->bindNoCopy(1, sha256.data(), int(sha256.size()));
  std::optional<int64_t> id;
  if (select_chunk->executeStep()) id = select_chunk->getColumn(0).getInt64();
  select_chunk->reset();  // else it would hold what it has read against other writers
  return id;
}

int64_t Catalog::Impl::chunk_id(const PreparedChunk& prepared) {
  const Chunk& chunk = prepared.chunk;
  if (const auto known = find_chunk(chunk.sha256)) return *known;
  if (!add_chunk)
    add_chunk.emplace(*database, "INSERT INTO chunk(sha256, size_bytes, bytes) VALUES(?, ?, ?)");
  SQLite::Statement& insert = *add_chunk;
  insert.bindNoCopy(1, chunk.sha256.data(), int(chunk.sha256.size()));
  insert.bind(2, int64_t(chunk.bytes.size()));
  // It was there when it was looked up, and somebody has dropped it since.
  const auto bytes =
      prepared.compressed.empty() ? compressor.compress(chunk.bytes) : std::span(prepared.compressed);
  insert.bindNoCopy(3, bytes.data(), int(bytes.size()));
  insert.exec();
  insert.reset();
  return database->getLastInsertRowid();
}

void Catalog::Impl::insert(int64_t content, const std::vector<PreparedChunk>& chunks) {
  ShortTransaction transaction(*database);
  if (incoming && incoming->content == content) {
    SQLite::Statement progress(
        *database, "UPDATE content_in_progress SET stored_bytes = ? WHERE recording = ? AND ordinal = ?");
    progress.bind(1, int64_t(incoming->stored_bytes));
    progress.bind(2, incoming->recording);
    progress.bind(3, incoming->ordinal);
    progress.exec();
  }
  SQLite::Statement link(*database, "INSERT INTO file_chunk(content, ordinal, chunk) VALUES(?, ?, ?)");
  for (const PreparedChunk& chunk : chunks) {
    link.reset();
    link.bind(1, content);
    link.bind(2, chunk.ordinal);
    link.bind(3, chunk_id(chunk));
    link.exec();
  }
  transaction.commit();
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

Expected<std::string> Catalog::Impl::store(uint64_t size_bytes, const ReadBytes& read,
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
  Sha256 whole;
  std::vector<std::byte> buffer;
  std::vector<PreparedChunk> chunks;
  for (uint64_t offset = 0; offset < size_bytes; offset += buffer.size()) {
    buffer.resize(size_t(std::min<uint64_t>(size_bytes - offset, kBatchChunks * kChunkBytes)));
    BYGONE_TRY(read(offset, buffer));
    whole.add(buffer);
    chunks = cut(offset, buffer);
    prepare(chunks);
    insert(content, chunks);
  }
  return complete(content, hex(whole.finish()), recording);
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

Expected<std::unique_ptr<Catalog>> Catalog::open(const std::filesystem::path& path) {
  using Opened = Expected<std::unique_ptr<Catalog>>;
  return guarded(path.string(), [&]() -> Opened {
    auto impl = std::make_unique<Impl>();
    impl->object = path.string();
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
      if (fd < 0)
        return fail(ErrorKind::cannot_create, path.string(), std::strerror(errno),
                    "check the store's directory");
      ::close(fd);
    }
    impl->database = open_for_writing(path);
    if (pragma_number(*impl->database, "user_version") == 0) {
      impl->database->exec("PRAGMA page_size = 16384");
      impl->database->exec("PRAGMA auto_vacuum = INCREMENTAL");
      impl->database->exec("PRAGMA journal_mode = WAL");
      ShortTransaction transaction(*impl->database);
      if (pragma_number(*impl->database, "user_version") == 0) {
        create_catalog_tables(*impl->database);
        impl->database->exec(fmt::format("PRAGMA application_id = {}", kCatalogApplicationId));
        impl->database->exec(fmt::format("PRAGMA user_version = {}", kCatalogVersion));
      }
      transaction.commit();
    }
    if (pragma_number(*impl->database, "application_id") != kCatalogApplicationId)
      return fail(ErrorKind::bad_data, path.string(), "is no catalog of recordings", "move it away");
    if (const int64_t version = pragma_number(*impl->database, "user_version"); version > kCatalogVersion)
      return fail(
          ErrorKind::bad_data, path.string(),
          fmt::format("is of catalog format {}; this bygone reads up to {}", version, kCatalogVersion),
          "use a newer bygone or another store");
    if (pragma_number(*impl->database, "user_version") < kCatalogVersion) {
      ShortTransaction transaction(*impl->database);
      migrate_catalog(*impl->database, pragma_number(*impl->database, "user_version"));
      impl->database->exec(fmt::format("PRAGMA user_version = {}", kCatalogVersion));
      transaction.commit();
    }
    impl->database->exec(
        "CREATE TEMP TABLE unused(content INTEGER PRIMARY KEY);"
        "CREATE TEMP TABLE loose(chunk INTEGER PRIMARY KEY)");
    return std::unique_ptr<Catalog>(new Catalog(std::move(impl)));
  });
}

Expected<void> Catalog::sync_commits() {
  return guarded(impl_->object, [&] { impl_->database->exec("PRAGMA synchronous = FULL"); });
}

Expected<Content> Catalog::add_file(int fd, const FileIdentity& identity, std::string_view path,
                                    std::string_view recording) {
  Content content;
  content.size_bytes = identity.size_bytes;
  content.device = identity.device;
  content.inode = identity.inode;
  content.mtime_ns = identity.mtime_ns;
  content.ctime_ns = identity.ctime_ns;
  content.path = path;
  return guarded(impl_->object, [&]() -> Expected<Content> {
    if (auto known = impl_->known_content(identity, recording)) {
      content.sha256 = *known;
      return content;
    }
    const auto read = [&](uint64_t offset, std::span<std::byte> out) -> Expected<void> {
      while (!out.empty()) {
        const ssize_t got = ::pread(fd, out.data(), out.size(), off_t(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
          return fail(ErrorKind::io, std::string(path),
                      fmt::format("cannot be read ({})", std::strerror(errno)));
        if (got == 0) {
          // The file has shrunk meanwhile; whoever maps it sees nothing behind its end either.
          std::fill(out.begin(), out.end(), std::byte{0});
          return {};
        }
        out = out.subspan(size_t(got));
        offset += uint64_t(got);
      }
      return {};
    };
    BYGONE_ASSIGN(content.sha256, impl_->store(identity.size_bytes, read, recording));
    struct stat now {};
    const bool unchanged = ::fstat(fd, &now) == 0 && uint64_t(now.st_size) == identity.size_bytes &&
                           to_ns(now.st_mtim) == identity.mtime_ns && to_ns(now.st_ctim) == identity.ctime_ns;
    if (unchanged) impl_->remember(identity, content.sha256);
    return content;
  });
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
  std::vector<std::byte> bytes;
  Decompressor decompressor;
  SQLite::Statement chunk(
      *database,
      "SELECT c.bytes FROM file_chunk f JOIN chunk c ON c.id = f.chunk WHERE f.content = ? AND "
      "f.ordinal = ?");
  for (uint64_t offset = 0; offset < begun.stored_bytes; offset += kChunkBytes) {
    chunk.reset();
    chunk.bind(1, begun.content);
    chunk.bind(2, int64_t(offset / kChunkBytes));
    bytes.assign(size_t(std::min<uint64_t>(kChunkBytes, begun.stored_bytes - offset)), std::byte{0});
    if (chunk.executeStep()) {
      const SQLite::Column column = chunk.getColumn(0);
      BYGONE_ASSIGN(bytes, decompressor.decompress(
                               {static_cast<const std::byte*>(column.getBlob()), size_t(column.getBytes())},
                               kChunkBytes));
    }
    begun.whole.add(bytes);
  }
  return {};
}

Expected<std::optional<std::string>> Catalog::find_unchanged(const FileIdentity& identity,
                                                             std::string_view recording) {
  return guarded(impl_->object, [&] { return impl_->known_content(identity, recording); });
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
    const uint64_t stored = incoming->stored_bytes;
    const uint64_t end = offset_bytes + bytes.size();
    if (end <= stored) return {};
    if (offset_bytes != stored || end > incoming->size_bytes ||
        (end != incoming->size_bytes && bytes.size() % kChunkBytes != 0))
      return fail(
          ErrorKind::bad_data, "file",
          fmt::format("a piece of it from {} to {} came where {} was due", offset_bytes, end, stored));
    auto chunks = cut(offset_bytes, bytes);
    impl_->prepare(chunks);
    incoming->stored_bytes = end;
    impl_->insert(incoming->content, chunks);
    incoming->whole.add(bytes);
    return {};
  });
}

Expected<std::string> Catalog::finish_content(const FileIdentity* identity) {
  return guarded(impl_->object, [&]() -> Expected<std::string> {
    Incoming* incoming = impl_->incoming.get();
    if (incoming == nullptr) return fail(ErrorKind::bad_data, "file", "its end came before its beginning");
    std::string sha256;
    if (incoming->sha256) {
      sha256 = *incoming->sha256;
    } else if (incoming->stored_bytes != incoming->size_bytes) {
      return fail(ErrorKind::bad_data, "file", "its end came before all of it");
    } else {
      sha256 = impl_->complete(incoming->content, hex(incoming->whole.finish()), incoming->recording);
    }
    if (identity != nullptr) impl_->remember(*identity, sha256);
    impl_->incoming.reset();
    return sha256;
  });
}

Expected<std::string> Catalog::add_bytes(uint64_t size_bytes, const ReadBytes& read,
                                         std::string_view recording) {
  return guarded(impl_->object, [&] { return impl_->store(size_bytes, read, recording); });
}

Expected<uint64_t> Catalog::keep_chunks(std::span<const Chunk> chunks, std::string_view recording) {
  return guarded(impl_->object, [&] {
    std::vector<PreparedChunk> prepared;
    for (const Chunk& chunk : chunks) prepared.push_back({0, chunk, {}});
    impl_->prepare(prepared);
    uint64_t stored_bytes = 0;
    ShortTransaction transaction(*impl_->database);
    const int64_t user = impl_->chunk_user(recording);
    SQLite::Statement use(*impl_->database, "INSERT OR IGNORE INTO chunk_use(user, chunk) VALUES(?, ?)");
    for (const PreparedChunk& chunk : prepared) {
      use.reset();
      use.bind(1, user);
      use.bind(2, impl_->chunk_id(chunk));
      use.exec();
      stored_bytes += chunk.compressed.size();
    }
    transaction.commit();
    return stored_bytes;
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
