#include "store/catalog.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "store/catalog_impl.h"
#include "store/catalog_schema.h"

namespace bygone {

namespace {

// Read, hashed and committed together.
constexpr size_t kBatchBytes = 64 * kChunkBytes;

}  // namespace

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

Expected<std::string> Catalog::add_bytes(uint64_t size_bytes, const ContentSource& from,
                                         std::string_view recording) {
  return guarded(impl_->object, [&] { return impl_->store(size_bytes, from, recording); });
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
