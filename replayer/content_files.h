#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "schema/error.h"
#include "schema/mapping.h"
#include "store/recording_reader.h"

namespace bygone {

// Lays a stored content out in a memory file, from its start on, and gives it the content's size.
Expected<void> write_content(RecordingReader& recording, ContentId content, int fd);

// The memory files that stand for the recorded ones: for shared mappings one per recorded (device, inode),
// which all its mappings share, private ones too; for files nobody shares one per stored content.
class ContentFiles {
 public:
  explicit ContentFiles(RecordingReader& recording) : recording_(recording) {}
  ~ContentFiles();
  ContentFiles(const ContentFiles&) = delete;
  ContentFiles& operator=(const ContentFiles&) = delete;

  struct File {
    int fd = -1;
    Device device;  // ours
    uint64_t inode = 0;
    std::string path;  // as /proc/PID/maps shows it
  };

  // The file `mapping` is to be made from, filled; null for memory without one. Owned by this object.
  Expected<const File*> file_for(const Mapping& mapping);
  // Gives the file, if it is shared, the content that a mapping of it has now.
  Expected<void> rewrite_shared(const Mapping& mapping);
  // No mapping of this recorded file is left: the next one starts from the content its row names.
  void forget_shared(Device device, uint64_t inode);
  // The recorded file of the mapping is of this size now, as truncate(2) makes it: what private mappings have
  // copied of the part that is gone is gone too.
  Expected<void> resize(const Mapping& mapping, uint64_t size_bytes);
  // Stores into the file behind a shared mapping, which the tracee may map without the right to write.
  bool write_shared(const Mapping& mapping, Address to, std::span<const std::byte> bytes);

  // The files behind shared mappings, also of those nobody maps just now.
  struct SharedFile {
    Device device;  // as recorded
    uint64_t inode;
    int fd;
  };
  std::vector<SharedFile> shared_files() const;
  // The file behind shared mappings of the recorded file, made and given a size if there is none yet.
  Expected<int> shared_file(Device device, uint64_t inode, uint64_t size_bytes);

 private:
  Expected<File> make(const std::string& name);

  RecordingReader& recording_;
  using FileKey = std::pair<Device, uint64_t>;  // as recorded
  // Takes the file that private mappings of the same recorded file were made from, or makes one.
  Expected<File> file_to_share(const FileKey& key);

  std::map<std::pair<FileKey, ContentId>, File> contents_;
  std::map<FileKey, File> shared_;
};

}  // namespace bygone
