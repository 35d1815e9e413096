#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "schema/ids.h"
#include "store/recording_reader.h"

namespace bygone::query {

// What an open(2) or its like made; descriptors are names for it.
struct OpenFile {
  std::string made_by;  // the call; "inherited" for what was there from the start
  EventNumber event;    // 0 for inherited
  Tid task;
  std::string path;         // empty while unknown
  bool looked_for = false;  // whether mappings were asked for the path
};

struct Descriptor {
  std::shared_ptr<OpenFile> file;
  bool close_on_exec = false;
};
using DescriptorTable = std::map<int32_t, Descriptor>;

// Follows the descriptors of all tasks through the frames they are fed, in order. What else a recording has
// to tell of a frame comes from whoever feeds them.
class DescriptorTables {
 public:
  // The first task of the recording starts with 0, 1 and 2.
  void begin(Tid first);
  // `call` is the name of the frame's call. `new_process` is for clone frames.
  void follow(const FullFrame& full, const std::string& call, bool new_process);
  // The file of a descriptor that was mapped, the first time; null if there is none or it is known.
  OpenFile* unnamed_file(Tid task, int32_t descriptor);
  // Nothing for a task never heard of.
  const DescriptorTable* of(Tid task) const;

 private:
  DescriptorTable& table(Tid task);
  void make(const FullFrame& full, const std::string& call, bool close_on_exec);
  void make_pair(const FullFrame& full, const std::string& call, size_t argument, bool close_on_exec);
  void copy(Tid task, int32_t from, int64_t to, bool close_on_exec);
  void control(const FullFrame& full, const std::string& call);
  void close_range(const FullFrame& full);
  void exec(Tid task);
  void unshare(Tid task);

  std::map<Tid, std::shared_ptr<DescriptorTable>> tables_;
};

// Whether frames of this call can matter to descriptors.
bool makes_descriptors(const std::string& call);

}  // namespace bygone::query
