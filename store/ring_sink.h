#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "schema/record.h"
#include "schema/rows.h"
#include "store/ingest.h"
#include "store/message.h"
#include "store/ring.h"
#include "store/service_watch.h"

namespace bygone {

struct RingOptions {
  size_t ring_bytes = kDefaultRingBytes;
  Durability durability = Durability::survives_processes;
};

// A sink that writes into a ring which the store's service drains. If the service dies another is started and
// goes on with what it finds in the ring. append() waits for nothing but room.
class RingSink : public RecordSink {
 public:
  static Expected<std::unique_ptr<RingSink>> create(const std::filesystem::path& store, std::string_view name,
                                                    std::string_view program,
                                                    const RingOptions& options = {});
  // Another ring for a recording that is in progress. Its recorder and the others number their events in
  // common: no number twice, none left out.
  static Expected<std::unique_ptr<RingSink>> join(const std::filesystem::path& store, std::string_view name,
                                                  const RingOptions& options = {});
  // A ring for what is added to a recording that is over. Where the service dies meanwhile it fails: what was
  // committed stays, and all can be added again.
  static Expected<std::unique_ptr<RingSink>> amend(const std::filesystem::path& store, std::string_view name,
                                                   const RingOptions& options = {});
  ~RingSink() override;  // waits until all is on disk
  RingSink(const RingSink&) = delete;
  RingSink& operator=(const RingSink&) = delete;

  const std::string& name() const { return name_; }

  Expected<void> append(RecordType type, std::span<const std::byte> row,
                        std::span<const std::byte> payload) override;
  Expected<ContentId> add_file(int fd, const FileIdentity& identity, std::string_view path) override;
  Expected<void> commit() override;
  Expected<void> close() override;
  Expected<void> check() override;
  void on_trouble(std::function<void()> wake) override;

 private:
  static Expected<std::unique_ptr<RingSink>> begin(const std::filesystem::path& store, Message request,
                                                   const RingOptions& options);
  RingSink(std::filesystem::path store, Connection connection, RingMemory memory);
  Expected<void> write(RingRecordKind kind, uint8_t type, std::span<const std::byte> row,
                       std::span<const std::byte> payload);
  Expected<void> send_file(int fd, Content& content);
  Expected<std::string> ask_known(const FileIdentity& identity);
  // Fails if the service has given the recording up; starts another if it is gone.
  Expected<void> check_service();
  Expected<void> revive();
  Expected<void> wait_closed();
  Expected<void> give_up(Error error);

  std::filesystem::path store_;
  Connection connection_;
  RingProducer ring_;
  std::string name_;
  Durability durability_ = Durability::survives_processes;
  uint64_t source_ = 0;  // among those that feed the recording
  uint64_t last_content_ = 0;
  uint64_t appends_ = 0;
  bool amends_ = false;
  bool accepted_ = false;  // the service has begun the recording
  bool closed_ = false;
  std::optional<Error> failed_;
  std::unique_ptr<ServiceWatch> watch_;
};

}  // namespace bygone
