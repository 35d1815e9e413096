#include "store/local_sink.h"

namespace bygone {

LocalSink::LocalSink(std::string recording, WriterLock lock, std::unique_ptr<Catalog> catalog,
                     std::unique_ptr<Ingest> ingest)
    : recording_(std::move(recording)),
      lock_(std::move(lock)),
      catalog_(std::move(catalog)),
      ingest_(std::move(ingest)) {}

LocalSink::~LocalSink() {
  // A recording that could not be closed keeps its state and is reported as interrupted once the lock is
  // gone.
  if (ingest_->close()) lock_.release();
}

Expected<void> LocalSink::append(RecordType type, std::span<const std::byte> row,
                                 std::span<const std::byte> payload) {
  return ingest_->append(type, row, payload);
}

Expected<ContentId> LocalSink::add_file(int fd, const FileIdentity& identity, std::string_view path) {
  BYGONE_ASSIGN(Content content, catalog_->add_file(fd, identity, path, recording_));
  return ingest_->add_content(std::move(content));
}

Expected<void> LocalSink::commit() {
  return ingest_->commit();
}

}  // namespace bygone
