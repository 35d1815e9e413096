#include "tracee/proc_maps.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

namespace bygone {

namespace {

bool take_number(std::string_view& text, char terminator, int base, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{}) return false;
  const size_t used = size_t(end - text.data());
  if (terminator != '\0') {
    if (used >= text.size() || text[used] != terminator) return false;
    text.remove_prefix(used + 1);
  } else {
    text.remove_prefix(used);
  }
  return true;
}

Expected<std::string> read_file(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail(errno == EACCES || errno == EPERM ? ErrorKind::no_permission : ErrorKind::not_found, path,
                std::strerror(errno));
  std::string text;
  char piece[16384];
  for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0;) text.append(piece, size_t(n));
  close(fd);
  return text;
}

// include/uapi/linux/fs.h of Linux 6.11; older headers lack it.
struct ProcmapQuery {
  uint64_t size, query_flags, query_addr;
  uint64_t vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
  uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
  uint64_t vma_name_addr, build_id_addr;
};
constexpr unsigned long kProcmapQuery = _IOWR('f', 17, ProcmapQuery);
enum : uint64_t { kVmaReadable = 1, kVmaWritable = 2, kVmaExecutable = 4, kVmaShared = 8 };

// The inode of a System V segment is its id, and the first one made in a namespace has id 0, which elsewhere
// says that there is no file. No inode of the kernel's is so large.
constexpr uint64_t kFirstSegmentInode = uint64_t{1} << 62;

void identify(KernelMapping& mapping) {
  if (mapping.inode != 0) return;
  if (mapping.path.starts_with("/SYSV"))
    mapping.inode = kFirstSegmentInode;
  else
    mapping.offset_bytes = 0;
}

}  // namespace

std::optional<KernelMapping> parse_maps_line(std::string_view line) {
  KernelMapping mapping;
  uint64_t start = 0, end = 0, major = 0, minor = 0;
  if (!take_number(line, '-', 16, start) || !take_number(line, ' ', 16, end) || start >= end)
    return std::nullopt;
  mapping.range = {Address{start}, Address{end}};
  if (line.size() < 5 || line[4] != ' ') return std::nullopt;
  const auto prot = Protection::parse(line.substr(0, 4));
  if (!prot) return std::nullopt;
  mapping.prot = *prot;
  mapping.flags = prot->shared ? MAP_SHARED : MAP_PRIVATE;
  line.remove_prefix(5);
  if (!take_number(line, ' ', 16, mapping.offset_bytes) || !take_number(line, ':', 16, major) ||
      !take_number(line, ' ', 16, minor) || !take_number(line, '\0', 10, mapping.inode))
    return std::nullopt;
  mapping.device = {uint32_t(major), uint32_t(minor)};
  const size_t path = line.find_first_not_of(' ');
  if (path != std::string_view::npos) mapping.path = line.substr(path);
  identify(mapping);
  return mapping;
}

Expected<std::string> read_maps_text(pid_t tid) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/maps", tid);
  return read_file(path);
}

Expected<std::vector<KernelMapping>> parse_maps(std::string_view text) {
  std::vector<KernelMapping> mappings;
  while (!text.empty()) {
    const size_t line_end = text.find('\n');
    auto mapping = parse_maps_line(text.substr(0, line_end));
    if (!mapping)
      return fail(ErrorKind::unavailable, "/proc/PID/maps",
                  fmt::format("line not understood: {}", text.substr(0, line_end)));
    mappings.push_back(std::move(*mapping));
    text.remove_prefix(line_end == std::string_view::npos ? text.size() : line_end + 1);
  }
  return mappings;
}

Expected<std::vector<KernelMapping>> read_maps(pid_t tid) {
  BYGONE_ASSIGN(const std::string text, read_maps_text(tid));
  return parse_maps(text);
}

std::optional<KernelMapping> find_mapping(pid_t tid, Address address) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/maps", tid);
  static bool query_works = true;
  if (query_works) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    char name[4096];
    ProcmapQuery query{};
    query.size = sizeof query;
    query.query_addr = address.value;
    query.vma_name_size = sizeof name;
    query.vma_name_addr = reinterpret_cast<uint64_t>(name);
    const int result = ioctl(fd, kProcmapQuery, &query);
    const int error = errno;
    close(fd);
    if (result == 0) {
      KernelMapping mapping;
      mapping.range = {Address{query.vma_start}, Address{query.vma_end}};
      mapping.prot = {(query.vma_flags & kVmaReadable) != 0, (query.vma_flags & kVmaWritable) != 0,
                      (query.vma_flags & kVmaExecutable) != 0, (query.vma_flags & kVmaShared) != 0};
      mapping.flags = mapping.prot.shared ? MAP_SHARED : MAP_PRIVATE;
      mapping.offset_bytes = query.vma_offset;
      mapping.device = {query.dev_major, query.dev_minor};
      mapping.inode = query.inode;
      if (query.vma_name_size > 0) mapping.path.assign(name, query.vma_name_size - 1);
      identify(mapping);
      return mapping;
    }
    if (error != ENOTTY && error != EINVAL) return std::nullopt;
    query_works = false;
  }
  const auto all = read_maps(tid);
  if (!all) return std::nullopt;
  for (const KernelMapping& mapping : *all)
    if (mapping.range.contains(address)) return mapping;
  return std::nullopt;
}

int64_t mapped_pages(pid_t tid, int& fd) {
  if (fd < 0) {
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/statm", tid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
  }
  char text[32];
  const ssize_t size = pread(fd, text, sizeof text - 1, 0);
  if (size <= 0) return -1;
  uint64_t pages = 0;
  const auto [end, error] = std::from_chars(text, text + size, pages);
  return error == std::errc{} ? int64_t(pages) : -1;
}

}  // namespace bygone
