#include "replayer/content_files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace bygone {

ContentFiles::~ContentFiles() {
  for (const auto& [id, file] : contents_) close(file.fd);
  for (const auto& [key, file] : shared_) close(file.fd);
}

Expected<ContentFiles::File> ContentFiles::make(const std::string& name) {
  File file;
  file.fd = memfd_create(name.c_str(), MFD_CLOEXEC);
  struct stat st;
  if (file.fd < 0 || fstat(file.fd, &st) != 0)
    return fail(ErrorKind::unavailable, "replay", fmt::format("no memory file: {}", std::strerror(errno)));
  file.device = {uint32_t(major(st.st_dev)), uint32_t(minor(st.st_dev))};
  file.inode = st.st_ino;
  file.path = fmt::format("/memfd:{} (deleted)", name);
  return file;
}

Expected<void> write_content(RecordingReader& recording, ContentId id, int fd) {
  BYGONE_ASSIGN(const Content content, recording.content(id));
  auto failed = [&] {
    return fail(ErrorKind::io, fmt::format("content of {}", content.path),
                fmt::format("cannot be laid out in memory: {}", std::strerror(errno)), "free some memory");
  };
  if (ftruncate(fd, off_t(content.size_bytes)) != 0) return failed();
  constexpr uint64_t kPieceBytes = 1 << 20;
  std::vector<std::byte> piece;
  for (uint64_t at = 0; at < content.size_bytes; at += piece.size()) {
    const uint64_t hole = at;
    BYGONE_ASSIGN(at, recording.next_content_data(id, at));
    constexpr int kPunch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (at > hole && fallocate(fd, kPunch, off_t(hole), off_t(at - hole)) != 0) return failed();
    piece.resize(std::min<uint64_t>(kPieceBytes, content.size_bytes - at));
    BYGONE_TRY(recording.read_content(id, at, piece));
    for (size_t done = 0; done < piece.size();) {
      const ssize_t n = pwrite(fd, piece.data() + done, piece.size() - done, off_t(at + done));
      if (n <= 0) return failed();
      done += size_t(n);
    }
  }
  return {};
}

Expected<const ContentFiles::File*> ContentFiles::file_for(const Mapping& mapping) {
  const KernelMapping& recorded = mapping.recorded;
  // A private mapping made while others share the file sees what they store until it has copies of its own.
  const bool joins = !mapping.is_shared() && mapping.data.source == DataSource::content &&
                     shared_.contains(std::pair(recorded.device, recorded.inode));
  if ((mapping.is_shared() || joins) && recorded.inode != 0) {
    const auto key = std::pair(recorded.device, recorded.inode);
    auto it = shared_.find(key);
    if (it == shared_.end()) {
      BYGONE_ASSIGN(File file, file_to_share(key));
      it = shared_.emplace(key, std::move(file)).first;
      if (mapping.data.source == DataSource::content)
        BYGONE_TRY(write_content(recording_, mapping.data.content, it->second.fd));
    }
    if (mapping.data.source == DataSource::content) {
      BYGONE_TRY(resize(mapping, recorded.file_stat.size_bytes));
    } else {
      // Anonymous and System V shared memory: as large as its mappings reach.
      struct stat st;
      const uint64_t reach = recorded.offset_bytes + recorded.range.size_bytes();
      if (fstat(it->second.fd, &st) == 0 && uint64_t(st.st_size) < reach &&
          ftruncate(it->second.fd, off_t(reach)) != 0)
        return fail(ErrorKind::io, "shared memory", std::strerror(errno), "free some memory");
    }
    return &it->second;
  }
  if (mapping.data.source != DataSource::content) return nullptr;
  const auto key = std::pair(FileKey(recorded.device, recorded.inode), mapping.data.content);
  auto it = contents_.find(key);
  if (it == contents_.end()) {
    BYGONE_ASSIGN(File file, make("bygone-content"));
    it = contents_.emplace(key, std::move(file)).first;
    BYGONE_TRY(write_content(recording_, mapping.data.content, it->second.fd));
  }
  return &it->second;
}

Expected<ContentFiles::File> ContentFiles::file_to_share(const FileKey& key) {
  // The latest content of it: what private mappings have not copied yet changes with it from now on.
  const auto next = contents_.upper_bound(std::pair(key, ContentId{INT64_MAX}));
  if (next == contents_.begin() || std::prev(next)->first.first != key) return make("bygone-shared");
  return contents_.extract(std::prev(next)).mapped();
}

std::vector<ContentFiles::SharedFile> ContentFiles::shared_files() const {
  std::vector<SharedFile> files;
  for (const auto& [key, file] : shared_) files.push_back({key.first, key.second, file.fd});
  return files;
}

Expected<int> ContentFiles::shared_file(Device device, uint64_t inode, uint64_t size_bytes) {
  const FileKey key(device, inode);
  if (const auto known = shared_.find(key); known != shared_.end()) return known->second.fd;
  BYGONE_ASSIGN(File file, file_to_share(key));
  const int fd = shared_.emplace(key, std::move(file)).first->second.fd;
  if (ftruncate(fd, off_t(size_bytes)) != 0)
    return fail(ErrorKind::io, "shared memory", std::strerror(errno), "free some memory");
  return fd;
}

Expected<void> ContentFiles::rewrite_shared(const Mapping& mapping) {
  const auto it = shared_.find(std::pair(mapping.recorded.device, mapping.recorded.inode));
  if (it == shared_.end()) return {};
  return write_content(recording_, mapping.data.content, it->second.fd);
}

void ContentFiles::forget_shared(Device device, uint64_t inode) {
  const auto it = shared_.find(std::pair(device, inode));
  if (it == shared_.end()) return;
  close(it->second.fd);
  shared_.erase(it);
}

Expected<void> ContentFiles::resize(const Mapping& mapping, uint64_t size_bytes) {
  const KernelMapping& recorded = mapping.recorded;
  if (recorded.file_stat.mode == 0) return {};
  const FileKey key(recorded.device, recorded.inode);
  const bool is_private = !mapping.is_shared();
  if (is_private && mapping.data.source != DataSource::content) return {};
  int fd = -1;
  if (const auto own = contents_.find(std::pair(key, mapping.data.content));
      is_private && own != contents_.end())
    fd = own->second.fd;
  else if (const auto shared = shared_.find(key); shared != shared_.end())
    fd = shared->second.fd;
  struct stat st;
  if (fd < 0 || fstat(fd, &st) != 0 || uint64_t(st.st_size) == size_bytes) return {};
  if (ftruncate(fd, off_t(size_bytes)) == 0) return {};
  return fail(ErrorKind::io, "memory file", std::strerror(errno), "free some memory");
}

bool ContentFiles::write_shared(const Mapping& mapping, Address to, std::span<const std::byte> bytes) {
  const auto it = shared_.find(std::pair(mapping.recorded.device, mapping.recorded.inode));
  if (!mapping.is_shared() || it == shared_.end()) return false;
  const off_t at = off_t(mapping.recorded.offset_bytes + (to - mapping.range().start));
  return pwrite(it->second.fd, bytes.data(), bytes.size(), at) == ssize_t(bytes.size());
}

}  // namespace bygone
