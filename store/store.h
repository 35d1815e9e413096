#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"
#include "schema/record.h"
#include "store/recording_reader.h"
#include "store/ring_sink.h"

namespace bygone {

// One line of `bygone ls`.
struct RecordingSummary {
  std::string name;
  std::string command;      // shell-quoted
  std::string outcome;      // "recording", "exited 0", "killed by SIGSEGV", "interrupted"
  uint64_t events = 0;      // committed so far
  uint64_t size_bytes = 0;  // of the recording's own database
  int64_t started_ns = 0;   // since the epoch
  std::string problem;      // why nothing more can be said: damaged, unreadable; empty if all is well
};

// The directory all recordings of a user live in. Cheap to open; holds no lock.
class Store {
 public:
  // $BYGONE_STORE, else $XDG_DATA_HOME/bygone, else ~/.local/share/bygone.
  static std::filesystem::path default_directory();

  // Makes the directory (mode 0700) and the catalog if they are missing.
  static Expected<Store> open(const std::filesystem::path& directory);

  const std::filesystem::path& directory() const { return directory_; }

  // Starts a recording. `name` must be unused and of letters, digits and . _ + - only; when empty, one is
  // made from `program` ("ls-0", "ls-1", ...), safe against other recorders doing the same. `header` goes in
  // first.
  struct NewRecording {
    std::string name;
    std::unique_ptr<RecordSink> sink;  // committing and closing on destruction
  };
  Expected<NewRecording> create(std::string_view name, std::string_view program,
                                std::vector<HeaderEntry> header, const RingOptions& options = {});

  // Adds to a recording that is over. Fails with not_found, or usage while it is being written.
  Expected<std::unique_ptr<RecordSink>> amend(std::string_view name);

  // Opens NAME of this store, or a file if `name_or_file` contains a slash or names an existing file. An
  // empty string means the latest recording.
  Expected<std::unique_ptr<RecordingReader>> read(std::string_view name_or_file) const;

  // The same recording through a reader of its own, also where read() took the latest and there is a later
  // one now.
  Expected<std::unique_ptr<RecordingReader>> read_again(std::string_view name_or_file,
                                                        const RecordingReader& opened) const;

  // Newest first. A recording that cannot be read is listed with its problem.
  Expected<std::vector<RecordingSummary>> list() const;

  // Removes a recording and whatever content nothing else refers to. Refuses one that is being written.
  Expected<void> remove(std::string_view name);

  // Drops content that no recording refers to, which removed or killed recorders may have left; returns the
  // bytes of compressed content freed.
  Expected<uint64_t> collect_garbage();

 private:
  explicit Store(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path directory_;
};

}  // namespace bygone
