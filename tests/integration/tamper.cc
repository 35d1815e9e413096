#include "tests/integration/tamper.h"

#include <sqlite3.h>
#include <zstd.h>

#include <memory>
#include <stdexcept>
#include <vector>

#include "schema/register_codec.h"

namespace bygone::test {
namespace {

using Connection = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

Connection open(const std::filesystem::path& database) {
  sqlite3* connection = nullptr;
  if (sqlite3_open_v2(database.c_str(), &connection, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK)
    throw std::runtime_error("cannot open " + database.string());
  return {connection, sqlite3_close};
}

Statement prepare(const Connection& connection, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection.get(), sql, -1, &statement, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(connection.get()));
  return {statement, sqlite3_finalize};
}

std::vector<std::byte> decompressed(const void* bytes, size_t size) {
  std::vector<std::byte> result(ZSTD_getFrameContentSize(bytes, size));
  if (ZSTD_decompress(result.data(), result.size(), bytes, size) != result.size())
    throw std::runtime_error("frame_chunk does not decompress");
  return result;
}

std::vector<std::byte> compressed(const std::vector<std::byte>& bytes) {
  std::vector<std::byte> result(ZSTD_compressBound(bytes.size()));
  result.resize(ZSTD_compress(result.data(), result.size(), bytes.data(), bytes.size(), 1));
  return result;
}

}  // namespace

void change(const std::filesystem::path& database, const std::string& sql) {
  const Connection connection = open(database);
  char* message = nullptr;
  sqlite3_exec(connection.get(), sql.c_str(), nullptr, nullptr, &message);
  const std::string error = message != nullptr ? message : "";
  sqlite3_free(message);
  if (!error.empty()) throw std::runtime_error(sql + ": " + error);
  if (sqlite3_changes(connection.get()) == 0) throw std::runtime_error(sql + ": changed nothing");
}

void change_register(const std::filesystem::path& database, uint64_t event, Register which, uint64_t value) {
  const Connection connection = open(database);
  const Statement select =
      prepare(connection,
              "SELECT first_event, registers FROM frame_chunk WHERE ?1 BETWEEN first_event AND last_event");
  sqlite3_bind_int64(select.get(), 1, int64_t(event));
  if (sqlite3_step(select.get()) != SQLITE_ROW) throw std::runtime_error("no frame_chunk holds the event");
  const int64_t first = sqlite3_column_int64(select.get(), 0);
  auto entries = decode_registers(
      decompressed(sqlite3_column_blob(select.get(), 1), size_t(sqlite3_column_bytes(select.get(), 1))),
      1 << 16);
  if (!entries) throw std::runtime_error(entries.error().message());
  auto& registers = entries->at(event - uint64_t(first)).registers;
  if (!registers) throw std::runtime_error("the frame has no registers");
  (*registers)[which] = value;
  const auto bytes = compressed(encode_registers(*entries));
  sqlite3_reset(select.get());
  const Statement update =
      prepare(connection, "UPDATE frame_chunk SET registers = ?1 WHERE first_event = ?2");
  sqlite3_bind_blob(update.get(), 1, bytes.data(), int(bytes.size()), SQLITE_STATIC);
  sqlite3_bind_int64(update.get(), 2, first);
  if (sqlite3_step(update.get()) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(connection.get()));
}

}  // namespace bygone::test
