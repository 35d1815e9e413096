#pragma once

#include <memory>

#include "schema/record.h"
#include "store/catalog.h"
#include "store/ingest.h"
#include "store/liveness.h"

namespace bygone {

// A sink that writes where it is called.
class LocalSink : public RecordSink {
 public:
  LocalSink(std::string recording, WriterLock lock, std::unique_ptr<Catalog> catalog,
            std::unique_ptr<Ingest> ingest);
  ~LocalSink() override;

  Expected<void> append(RecordType type, std::span<const std::byte> row,
                        std::span<const std::byte> payload) override;
  Expected<ContentId> add_file(int fd, const FileIdentity& identity, std::string_view path) override;
  Expected<void> commit() override;

 private:
  std::string recording_;
  WriterLock lock_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<Ingest> ingest_;
};

}  // namespace bygone
