#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace bygone::test {

// Removes a folder with everything in it, also while a service that is leaving takes its own files out of it.
void remove_tree(const std::filesystem::path& folder);

// A folder under the temporary directory that is removed with the object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  // Writes a file, executable if it begins with "#!".
  std::filesystem::path write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);

// `size` bytes that compress somewhat, always the same ones.
std::string sample_bytes(size_t size);

}  // namespace bygone::test
