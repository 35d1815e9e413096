#include "replayer/machine.h"

#include <algorithm>
#include <set>

#include "replayer/replay_session.h"
#include "replayer/unwind.h"
#include "tracee/memory_digest.h"

namespace bygone {

struct ReplayMachine::Impl {
  explicit Impl(std::unique_ptr<RecordingReader> reader)
      : recording(std::move(reader)), snapshots(*recording), unwinder(*recording) {
    options.output = ReplayOutput::discarded;
  }

  Expected<const ReplayedTask*> find(Tid task);

  std::unique_ptr<RecordingReader> recording;
  SnapshotReader snapshots;
  Unwinder unwinder;
  ReplayOptions options;
  std::unique_ptr<ReplaySession> session;
};

ReplayMachine::ReplayMachine(OpenRecording open) : open_(std::move(open)) {}
ReplayMachine::~ReplayMachine() = default;

Expected<ReplayMachine::Impl*> ReplayMachine::opened() {
  if (impl_ != nullptr) return impl_.get();
  BYGONE_ASSIGN(auto recording, open_());
  impl_ = std::make_unique<Impl>(std::move(recording));
  return impl_.get();
}

Expected<void> ReplayMachine::seek(EventNumber event) {
  BYGONE_ASSIGN(Impl* const impl, opened());
  RecordingReader& recording = *impl->recording;
  if (event > recording.last_event()) BYGONE_TRY(recording.refresh());
  if (event > recording.last_event() || event < recording.first_event())
    return fail(
        ErrorKind::not_found, fmt::format("event {}", event.value),
        fmt::format("is not in recording {}", recording.name()),
        fmt::format("its events are {} to {}", recording.first_event().value, recording.last_event().value));
  auto& session = impl->session;
  bool goes_on = session != nullptr && session->position() <= event;
  if (goes_on && session->position() != event) {
    BYGONE_ASSIGN(const auto nearest, impl->snapshots.nearest(event));
    goes_on = !nearest || nearest->event <= session->position();
  }
  if (!goes_on) {
    session.reset();
    BYGONE_ASSIGN(auto fresh, ReplaySession::create(recording, impl->options));
    BYGONE_TRY(fresh->begin(event));
    session = std::move(fresh);
  }
  const auto ran = session->run_to(event);
  if (!ran) session.reset();
  return ran;
}

Expected<const ReplayedTask*> ReplayMachine::Impl::find(Tid task) {
  if (session != nullptr)
    if (const auto found = session->tasks().find(task); found != session->tasks().end())
      return &found->second;
  return fail(ErrorKind::not_found, fmt::format("task {}", task.value),
              session == nullptr ? "no moment was asked for"
                                 : fmt::format("does not live after event {}", session->position().value),
              "`bygone query \"tasks at event N\"` lists those that do");
}

namespace {

std::vector<std::byte> read_mapped(const ReplayedTask& task, Address from, uint64_t size_bytes) {
  std::vector<std::byte> bytes(size_bytes);
  if (task.space->memory.read(from, bytes)) return bytes;
  // As far as there is memory, page by page.
  size_t done = 0;
  while (done < bytes.size()) {
    const uint64_t in_page = kPageSize - (from.value + done) % kPageSize;
    const auto part = std::span(bytes).subspan(done, std::min<uint64_t>(in_page, bytes.size() - done));
    if (!task.space->memory.read(from + done, part)) break;
    done += part.size();
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

Expected<std::vector<std::byte>> ReplayMachine::memory(Tid tid, Address from, uint64_t size_bytes) {
  BYGONE_ASSIGN(Impl* const impl, opened());
  BYGONE_ASSIGN(const ReplayedTask* const task, impl->find(tid));
  return read_mapped(*task, from, size_bytes);
}

Expected<std::vector<StackLevel>> ReplayMachine::stack(Tid tid) {
  BYGONE_ASSIGN(Impl* const impl, opened());
  BYGONE_ASSIGN(const ReplayedTask* const task, impl->find(tid));
  return impl->unwinder.stack(*task);
}

Expected<uint64_t> ReplayMachine::digest() {
  BYGONE_ASSIGN(Impl* const impl, opened());
  if (impl->session == nullptr) return fail(ErrorKind::not_found, "digest", "no moment was asked for");
  std::vector<uint64_t> values;
  std::set<AddressSpaceId> seen;
  for (const auto& [tid, task] : impl->session->tasks()) {
    values.push_back(uint64_t(tid.value));
    values.insert(values.end(), task.registers.values.begin(), task.registers.values.end());
    if (!task.space || !seen.insert(task.space->space.id()).second) continue;
    values.push_back(digest_all_writable(task.space->space, task.pid, task.space->memory, {}));
  }
  return digest_of(std::as_bytes(std::span(values)));
}

Expected<void> ReplayMachine::changes(Tid tid, Address from, uint64_t size_bytes, EventNumber last,
                                      const Change& visit) {
  BYGONE_ASSIGN(Impl* const impl, opened());
  BYGONE_ASSIGN(const ReplayedTask* const found, impl->find(tid));
  const std::shared_ptr<ReplayedSpace> space = found->space;
  std::vector<std::byte> before = read_mapped(*found, from, size_bytes);
  ReplaySession& session = *impl->session;
  const auto ran = session.run_to(last, [&]() -> Expected<bool> {
    // Somebody who runs there still.
    const auto sharer = std::find_if(session.tasks().begin(), session.tasks().end(),
                                     [&](const auto& t) { return t.second.space == space; });
    if (sharer == session.tasks().end()) return false;
    std::vector<std::byte> after = read_mapped(sharer->second, from, size_bytes);
    if (after == before) return true;
    BYGONE_ASSIGN(const bool go_on, visit(session.position(), before, after));
    before = std::move(after);
    return go_on;
  });
  if (!ran) impl->session.reset();
  return ran;
}

}  // namespace bygone
