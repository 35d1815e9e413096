#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <span>

namespace bygone {

// Reads the beginning of a file of proc(5) into `text`, with a NUL behind it; returns how much it is, 0 where
// there is nothing to be read or no such file.
inline size_t read_proc_text(const char* path, std::span<char> text) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t size = ::read(file, text.data(), text.size() - 1);
  ::close(file);
  if (size <= 0) return 0;
  text[size_t(size)] = '\0';
  return size_t(size);
}

}  // namespace bygone
