#include "replayer/unwind.h"

#include <cxxabi.h>
#include <elfutils/libdwfl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <set>

#include "replayer/content_files.h"

namespace bygone {

namespace {

constexpr size_t kMostLevels = 512;

// The numbers DWARF gives the registers (System V ABI, AMD64 supplement 3.6.2).
constexpr Register kDwarfRegisters[] = {
    Register::rax, Register::rdx, Register::rcx, Register::rbx, Register::rsi, Register::rdi,
    Register::rbp, Register::rsp, Register::r8,  Register::r9,  Register::r10, Register::r11,
    Register::r12, Register::r13, Register::r14, Register::r15, Register::rip};

std::string demangled(const char* name) {
  int status = -1;
  char* const text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string result = status == 0 && text != nullptr ? text : name;
  std::free(text);
  return result;
}

// What libdwfl's callbacks get.
struct Target {
  const ReplayedTask* task;
};

pid_t next_thread(Dwfl*, void* argument, void** state) {
  if (*state != nullptr) return 0;
  *state = argument;
  return static_cast<Target*>(argument)->task->pid;
}

bool read_word(Dwfl*, Dwarf_Addr address, Dwarf_Word* result, void* argument) {
  return static_cast<Target*>(argument)->task->space->memory.read_value(Address{address}, *result);
}

bool set_registers_of(Dwfl_Thread* thread, void* argument) {
  const Registers& registers = static_cast<Target*>(argument)->task->registers;
  Dwarf_Word words[std::size(kDwarfRegisters)];
  for (size_t i = 0; i < std::size(words); ++i) words[i] = registers[kDwarfRegisters[i]];
  dwfl_thread_state_register_pc(thread, registers[Register::rip]);
  return dwfl_thread_state_registers(thread, 0, unsigned(std::size(words)), words);
}

// Nothing is looked for on this machine.
int find_no_elf(Dwfl_Module*, void**, const char*, Dwarf_Addr, char**, Elf**) {
  return -1;
}
int find_no_debuginfo(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*, GElf_Word,
                      char**) {
  return -1;
}

constexpr Dwfl_Callbacks kCallbacks = {find_no_elf, find_no_debuginfo, nullptr, nullptr};
constexpr Dwfl_Thread_Callbacks kThreadCallbacks = {next_thread,      nullptr, read_word,
                                                    set_registers_of, nullptr, nullptr};

int add_level(Dwfl_Frame* frame, void* argument) {
  auto& pcs = *static_cast<std::vector<std::pair<uint64_t, bool>>*>(argument);
  Dwarf_Addr pc = 0;
  bool is_activation = false;
  if (!dwfl_frame_pc(frame, &pc, &is_activation)) return DWARF_CB_ABORT;
  pcs.emplace_back(pc, is_activation);
  return pcs.size() < kMostLevels ? DWARF_CB_OK : DWARF_CB_ABORT;
}

struct EndDwfl {
  void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
};

}  // namespace

struct Unwinder::Impl {
  explicit Impl(RecordingReader& reader) : recording(reader) {}
  ~Impl() {
    for (const auto& [content, fd] : files) close(fd);
  }
  Expected<int> file(ContentId content);
  Expected<void> report(Dwfl* dwfl, const AddressSpace& space);
  void describe(Dwfl* dwfl, uint64_t pc, bool is_activation, const AddressSpace& space, StackLevel& level);

  RecordingReader& recording;
  std::map<ContentId, int> files;
};

Unwinder::Unwinder(RecordingReader& recording) : impl_(std::make_unique<Impl>(recording)) {}
Unwinder::~Unwinder() = default;

Expected<int> Unwinder::Impl::file(ContentId id) {
  if (const auto known = files.find(id); known != files.end()) return known->second;
  const int fd = memfd_create("bygone-symbols", MFD_CLOEXEC);
  if (fd < 0) return fail(ErrorKind::unavailable, "memory file", std::strerror(errno));
  files[id] = fd;
  BYGONE_TRY(write_content(recording, id, fd));
  return fd;
}

// A module per mapped executable file: where its first page lies, which of its mappings has code.
Expected<void> Unwinder::Impl::report(Dwfl* dwfl, const AddressSpace& space) {
  dwfl_report_begin(dwfl);
  // A file that was being written when it was mapped is kept once for every mapping.
  const auto file_of = [](const Mapping& mapping) {
    return std::pair(mapping.recorded.device, mapping.recorded.inode);
  };
  std::set<std::pair<Device, uint64_t>> with_code, reported;
  for (const auto& [start, mapping] : space.mappings())
    if (mapping.recorded.prot.execute && mapping.data.source == DataSource::content)
      with_code.insert(file_of(mapping));
  for (const auto& [start, mapping] : space.mappings()) {
    const bool begins = mapping.data.source == DataSource::content && mapping.data.offset_bytes == 0 &&
                        with_code.contains(file_of(mapping)) && reported.insert(file_of(mapping)).second;
    if (!begins) continue;
    BYGONE_ASSIGN(const int fd, file(mapping.data.content));
    const int own = dup(fd);  // libdwfl closes what it takes
    // Position-independent files are told by where they begin; others say it themselves.
    Dwfl_Module* const module = dwfl_report_elf(dwfl, mapping.recorded.path.c_str(),
                                                mapping.recorded.path.c_str(), own, start.value, false);
    if (module == nullptr) close(own);
  }
  dwfl_report_end(dwfl, nullptr, nullptr);
  return {};
}

void Unwinder::Impl::describe(Dwfl* dwfl, uint64_t pc, bool is_activation, const AddressSpace& space,
                              StackLevel& level) {
  level.pc = Address{pc};
  if (const Mapping* const mapping = space.find(level.pc)) level.file = mapping->recorded.path;
  // A return address is behind the call it belongs to.
  const uint64_t inside = pc - (is_activation ? 0 : 1);
  Dwfl_Module* const module = dwfl_addrmodule(dwfl, inside);
  if (module == nullptr) return;
  GElf_Off offset = 0;
  GElf_Sym symbol;
  const char* const name = dwfl_module_addrinfo(module, inside, &offset, &symbol, nullptr, nullptr, nullptr);
  if (name != nullptr) {
    level.function = demangled(name);
    level.offset_bytes = offset + (pc - inside);
  }
  int line = 0;
  Dwfl_Line* const found = dwfl_module_getsrc(module, inside);
  const char* const source =
      found == nullptr ? nullptr : dwfl_lineinfo(found, nullptr, &line, nullptr, nullptr, nullptr);
  if (source != nullptr) level.source = fmt::format("{}:{}", source, line);
}

Expected<std::vector<StackLevel>> Unwinder::stack(const ReplayedTask& task) {
  const std::unique_ptr<Dwfl, EndDwfl> dwfl(dwfl_begin(&kCallbacks));
  if (dwfl == nullptr) return fail(ErrorKind::internal, "libdw", dwfl_errmsg(-1));
  BYGONE_TRY(impl_->report(dwfl.get(), task.space->space));
  Target target{&task};
  std::vector<std::pair<uint64_t, bool>> pcs;
  if (dwfl_attach_state(dwfl.get(), nullptr, task.pid, &kThreadCallbacks, &target))
    dwfl_getthread_frames(dwfl.get(), task.pid, add_level, &pcs);
  if (pcs.empty()) pcs.emplace_back(task.registers[Register::rip], true);
  std::vector<StackLevel> levels;
  for (const auto& [pc, is_activation] : pcs)
    impl_->describe(dwfl.get(), pc, is_activation, task.space->space, levels.emplace_back());
  return levels;
}

}  // namespace bygone
