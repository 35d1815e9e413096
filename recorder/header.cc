#include <fcntl.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <climits>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "recorder/recorder.h"

namespace bygone {

namespace {

std::string make_uuid() {  // RFC 9562, version 4
  uint8_t b[16] = {};
  if (getrandom(b, sizeof b, 0) != ssize_t(sizeof b)) return {};
  b[6] = uint8_t((b[6] & 0x0f) | 0x40);
  b[8] = uint8_t((b[8] & 0x3f) | 0x80);
  std::string text;
  for (size_t i = 0; i < sizeof b; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", b[i]);
  }
  return text;
}

std::string processor_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(std::min(line.find(':') + 2, line.size()));
  return "x86-64";
}

}  // namespace

Expected<std::vector<HeaderEntry>> make_header(const RecordOptions& options) {
  utsname system{};
  uname(&system);
  char directory[PATH_MAX];
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  nlohmann::json command = options.argv;
  std::vector<HeaderEntry> header = {
      {"uuid", make_uuid()},
      // Arguments are bytes; what is not UTF-8 is shown with replacement characters, the exec frame has the
      // bytes.
      {"command", command.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)},
      {"directory", getcwd(directory, sizeof directory) != nullptr ? directory : ""},
      {"machine", system.nodename},
      {"architecture", system.machine},
      {"kernel", system.release},
      {"processor", processor_model()},
      {"started_ns", std::to_string(int64_t(now.tv_sec) * 1'000'000'000 + now.tv_nsec)},
      {"paths", "recorded"},
      {"checking", options.checking == Checking::everything ? "everything" : "registers"},
  };
  const KeepBounds& keep = options.snapshots.keep;
  if (keep.time_ns != 0) header.push_back({std::string(kKeepTimeKey), std::to_string(keep.time_ns)});
  if (keep.size_bytes != 0) header.push_back({std::string(kKeepSizeKey), std::to_string(keep.size_bytes)});
  return header;
}

}  // namespace bygone
