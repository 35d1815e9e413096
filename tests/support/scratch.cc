#include "tests/support/scratch.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace bygone::test {

void remove_tree(const std::filesystem::path& folder) {
  // remove_all() gives up at the first file that somebody else removed before it.
  std::error_code error;
  for (int i = 0; i < 100 && std::filesystem::exists(folder, error); ++i)
    std::filesystem::remove_all(folder, error);
}

ScratchFolder::ScratchFolder() {
  std::string name = std::filesystem::temp_directory_path() / "bygone-test-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  remove_tree(path_);
}

std::filesystem::path ScratchFolder::write(std::string_view name, std::string_view content) const {
  const std::filesystem::path file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
  if (content.starts_with("#!")) chmod(file.c_str(), 0755);
  return file;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string sample_bytes(size_t size) {
  std::string bytes;
  bytes.reserve(size + 32);
  for (uint64_t state = 1; bytes.size() < size;) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    bytes += std::to_string(state >> 40);
    bytes += (state >> 33) % 5 == 0 ? '\n' : ' ';
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace bygone::test
