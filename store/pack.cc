#include "store/pack.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "store/catalog.h"
#include "store/catalog_schema.h"
#include "store/database.h"
#include "store/liveness.h"
#include "store/recording_access.h"
#include "store/recording_files.h"
#include "store/sha256.h"

namespace bygone {

namespace {

// A file that is removed again unless it is kept.
class Draft {
 public:
  static Expected<Draft> create(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
      return fail(ErrorKind::cannot_create, path.string(),
                  fmt::format("cannot be created ({})", std::strerror(errno)),
                  "name a new file in a directory that may be written");
    ::close(fd);
    return Draft(path);
  }
  Draft(Draft&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Draft& operator=(Draft&&) = delete;
  ~Draft() {
    if (!path_.empty()) static_cast<void>(remove_recording_files(path_));
  }
  const std::filesystem::path& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  explicit Draft(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

Expected<void> sync_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (synced) return {};
  return fail(ErrorKind::io, path.string(), fmt::format("cannot be written ({})", std::strerror(error)),
              "check the disk");
}

// "ls" of "ls-3".
std::string without_number(std::string name) {
  const size_t last = name.find_last_not_of("0123456789");
  if (last != std::string::npos && last > 0 && last + 1 < name.size() && name[last] == '-') name.resize(last);
  return name;
}

// Copies contents with all their chunks from one database with content tables to another.
class ContentCopier {
 public:
  ContentCopier(SQLite::Database& from, SQLite::Database& to)
      : to_(to),
        find_(from, "SELECT id, size_bytes, chunk_count FROM file_content WHERE sha256 = ?"),
        chunks_(from,
                "SELECT f.ordinal, c.sha256, c.size_bytes, c.bytes FROM file_chunk f JOIN chunk c ON c.id = "
                "f.chunk "
                "WHERE f.content = ? ORDER BY f.ordinal"),
        add_content_(to, "INSERT INTO file_content(sha256, size_bytes, chunk_count) VALUES(?, ?, ?)"),
        find_chunk_(to, "SELECT id FROM chunk WHERE sha256 = ?"),
        add_chunk_(to, "INSERT INTO chunk(sha256, size_bytes, bytes) VALUES(?, ?, ?)"),
        link_(to, "INSERT INTO file_chunk(content, ordinal, chunk) VALUES(?, ?, ?)"),
        find_shared_(from, "SELECT 0, sha256, size_bytes, bytes FROM chunk WHERE sha256 = ?") {}

  Expected<void> copy(const std::string& sha256) {
    find_.reset();
    find_.bind(1, sha256);
    if (!find_.executeStep())
      return fail(ErrorKind::not_found, fmt::format("stored file {}", sha256),
                  "is not in the store's catalog", "`bygone verify` tells what else is missing");
    add_content_.reset();
    add_content_.bind(1, sha256);
    add_content_.bind(2, find_.getColumn(1).getInt64());
    add_content_.bind(3, find_.getColumn(2).getInt64());
    add_content_.exec();
    const int64_t content = to_.getLastInsertRowid();
    chunks_.reset();
    chunks_.bind(1, find_.getColumn(0).getInt64());
    while (chunks_.executeStep()) {
      const int64_t chunk = chunk_like_current(chunks_);
      link_.reset();
      link_.bind(1, content);
      link_.bind(2, chunks_.getColumn(0).getInt64());
      link_.bind(3, chunk);
      link_.exec();
    }
    return {};
  }

  Expected<void> copy_chunk(const std::vector<std::byte>& sha256) {
    find_shared_.reset();
    find_shared_.bindNoCopy(1, sha256.data(), int(sha256.size()));
    if (!find_shared_.executeStep())
      return fail(ErrorKind::not_found, fmt::format("shared chunk {}", hex(sha256)),
                  "is not in the store's catalog", "`bygone verify` tells what else is missing");
    chunk_like_current(find_shared_);
    return {};
  }

 private:
  int64_t chunk_like_current(const SQLite::Statement& from) {
    const SQLite::Column sha256 = from.getColumn(1);
    find_chunk_.reset();
    find_chunk_.bindNoCopy(1, sha256.getBlob(), sha256.getBytes());
    if (find_chunk_.executeStep()) return find_chunk_.getColumn(0).getInt64();
    const SQLite::Column bytes = from.getColumn(3);
    add_chunk_.reset();
    add_chunk_.bindNoCopy(1, sha256.getBlob(), sha256.getBytes());
    add_chunk_.bind(2, from.getColumn(2).getInt64());
    add_chunk_.bindNoCopy(3, bytes.getBlob(), bytes.getBytes());
    add_chunk_.exec();
    return to_.getLastInsertRowid();
  }

  SQLite::Database& to_;
  SQLite::Statement find_;
  SQLite::Statement chunks_;
  SQLite::Statement add_content_;
  SQLite::Statement find_chunk_;
  SQLite::Statement add_chunk_;
  SQLite::Statement link_;
  SQLite::Statement find_shared_;
};

std::vector<std::string> contents_of(SQLite::Database& recording) {
  std::vector<std::string> all;
  SQLite::Statement select(recording, "SELECT DISTINCT sha256 FROM content ORDER BY id");
  while (select.executeStep()) all.push_back(select.getColumn(0).getString());
  return all;
}

std::vector<std::vector<std::byte>> shared_chunks_of(SQLite::Database& recording) {
  std::vector<std::vector<std::byte>> all;
  if (!recording.tableExists("shared_chunk")) return all;
  SQLite::Statement select(recording, "SELECT DISTINCT sha256 FROM shared_chunk");
  while (select.executeStep()) {
    const SQLite::Column sha256 = select.getColumn(0);
    const auto* bytes = static_cast<const std::byte*>(sha256.getBlob());
    all.emplace_back(bytes, bytes + sha256.getBytes());
  }
  return all;
}

Expected<uint64_t> fill_packed(const Store& store, SQLite::Database& packed) {
  packed.exec("PRAGMA journal_mode = OFF");
  packed.exec("PRAGMA synchronous = OFF");
  const auto contents = contents_of(packed);
  if (packed.tableExists("file_content")) return contents.size();
  packed.exec("BEGIN");
  create_content_tables(packed);
  BYGONE_ASSIGN(const auto catalog, open_untrusted(catalog_path(store.directory()), kCatalogApplicationId,
                                                   "a catalog of recordings"));
  {
    const ReadTransaction transaction(*catalog);
    ContentCopier copier(*catalog, packed);
    for (const std::string& sha256 : contents) BYGONE_TRY(copier.copy(sha256));
    for (const auto& sha256 : shared_chunks_of(packed)) BYGONE_TRY(copier.copy_chunk(sha256));
  }
  packed.exec("COMMIT");
  return contents.size();
}

// Moves the bytes a packed recording shares with others into the catalog.
Expected<void> move_shared_chunks(RecordingReader& from, Catalog& catalog, SQLite::Database& recording,
                                  std::string_view name) {
  for (const auto& sha256 : shared_chunks_of(recording)) {
    BYGONE_ASSIGN(const std::vector<std::byte> bytes, shared_chunk_bytes(from, sha256));
    const Chunk chunk{bytes, sha256_of(bytes)};
    BYGONE_TRY(catalog.keep_chunks({&chunk, 1}, name));
  }
  return {};
}

// Moves the files a packed recording carries into the catalog, checking each against its SHA-256.
Expected<void> move_contents(RecordingReader& from, Catalog& catalog, SQLite::Database& recording,
                             std::string_view name) {
  SQLite::Statement ids(recording, "SELECT min(id) FROM content GROUP BY sha256");
  while (ids.executeStep()) {
    const ContentId id{uint64_t(ids.getColumn(0).getInt64())};
    BYGONE_ASSIGN(const Content content, from.content(id));
    const ContentSource source{
        [&](uint64_t offset, std::span<std::byte> out) { return from.read_content(id, offset, out); },
        [&](uint64_t offset) { return from.next_content_data(id, offset); }};
    BYGONE_ASSIGN(const std::string sha256, catalog.add_bytes(content.size_bytes, source, name));
    if (sha256 != content.sha256)
      return fail(ErrorKind::bad_data, content.path, "does not have the bytes its SHA-256 was made of",
                  "the packed file is damaged; copy it again");
  }
  return {};
}

}  // namespace

Expected<PackReport> pack_recording(const Store& store, std::string_view name_or_file,
                                    const std::filesystem::path& file) {
  BYGONE_ASSIGN(const auto reader, store.read(name_or_file));
  std::error_code error;
  if (std::filesystem::exists(file, error))
    return fail(ErrorKind::cannot_create, file.string(), "exists already",
                "name a new file or remove it first");
  BYGONE_ASSIGN(Draft draft, Draft::create(file.string() + ".part"));
  PackReport report;
  const auto written = guarded(file.string(), [&]() -> Expected<void> {
    SQLite::Database packed(draft.path().string(), SQLite::OPEN_READWRITE);
    copy_database(recording_database(*reader), packed);
    packed.exec("PRAGMA journal_mode = DELETE");
    BYGONE_ASSIGN(report.contents, fill_packed(store, packed));
    return {};
  });
  if (!written) return tl::unexpected(written.error());
  BYGONE_TRY(sync_file(draft.path()));
  std::filesystem::rename(draft.path(), file, error);
  if (error)
    return fail(ErrorKind::cannot_create, file.string(),
                fmt::format("cannot be named so ({})", error.message()));
  draft.keep();
  report.events = reader->last_event().value;
  report.size_bytes = std::filesystem::file_size(file, error);
  return report;
}

Expected<std::string> import_recording(const Store& store, const std::filesystem::path& file,
                                       std::string_view name) {
  const std::filesystem::path own_catalog = catalog_path(file.parent_path().parent_path());
  std::error_code error;
  BYGONE_ASSIGN(const auto reader,
                RecordingReader::open(file, std::filesystem::exists(own_catalog, error) ? own_catalog : ""));
  BYGONE_ASSIGN(const auto catalog, Catalog::open(catalog_path(store.directory())));
  auto claimed = claim_name(store.directory(), name.empty() ? std::string_view(reader->name()) : name, {});
  if (!claimed && name.empty()) claimed = claim_name(store.directory(), {}, without_number(reader->name()));
  if (!claimed) return tl::unexpected(claimed.error());
  const std::string chosen = claimed->stem().string();
  BYGONE_ASSIGN(WriterLock lock, WriterLock::take(*claimed));
  const auto imported = guarded(file.string(), [&]() -> Expected<void> {
    SQLite::Database database(claimed->string(), SQLite::OPEN_READWRITE);
    copy_database(recording_database(*reader), database);
    database.exec("PRAGMA journal_mode = DELETE");
    BYGONE_TRY(move_contents(*reader, *catalog, database, chosen));
    BYGONE_TRY(move_shared_chunks(*reader, *catalog, database, chosen));
    for (const char* table : {"file_chunk", "file_content", "chunk"})
      database.exec(fmt::format("DROP TABLE IF EXISTS {}", table));
    SQLite::Statement rename(database, "UPDATE header SET value = ? WHERE key = 'name'");
    rename.bind(1, chosen);
    rename.exec();
    database.exec("VACUUM");
    return {};
  });
  if (!imported) {
    static_cast<void>(remove_recording_files(*claimed));
    static_cast<void>(catalog->forget(chosen));
    return tl::unexpected(imported.error());
  }
  lock.release();
  return chosen;
}

}  // namespace bygone
