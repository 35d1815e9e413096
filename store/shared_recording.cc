#include "store/shared_recording.h"

#include <utility>

namespace bygone {

namespace {
constexpr auto kAwaitSources = std::chrono::seconds(5);
constexpr auto kWaitForOthers = std::chrono::milliseconds(20);
}  // namespace

SharedRecording::SharedRecording(std::string name, WriterLock lock, std::unique_ptr<Ingest> ingest)
    : name_(std::move(name)),
      writer_lock_(std::move(lock)),
      ingest_(std::move(ingest)),
      awaited_until_(std::chrono::steady_clock::now() + kAwaitSources) {
  for (SourceId source = 0; source < ingest_->source_count(); ++source)
    if (!ingest_->has_ended(source)) awaited_.insert(source);
}

bool SharedRecording::attach(SourceId source) {
  const std::lock_guard guard(mutex_);
  if (failed_ || awaited_.erase(source) == 0) return false;
  live_.insert(source);
  advanced_.notify_all();
  return true;
}

Expected<SourceId> SharedRecording::add_source() {
  const std::lock_guard guard(mutex_);
  if (failed_) return tl::unexpected(*failed_);
  if (live_.empty() && awaited_.empty())
    return fail(ErrorKind::not_found, name_, "is not being recorded any more");
  BYGONE_ASSIGN(const SourceId source, ingest_->add_source());
  live_.insert(source);
  return source;
}

void SharedRecording::wait_for_others(std::unique_lock<std::mutex>& held) {
  advanced_.wait_for(held, kWaitForOthers);
}

bool SharedRecording::others_may_come(SourceId source) {
  if (std::chrono::steady_clock::now() >= awaited_until_) awaited_.clear();
  return !awaited_.empty() || live_.size() > live_.count(source);
}

Expected<void> SharedRecording::finish(SourceId source, std::unique_lock<std::mutex>& held) {
  ingest_->end_source(source);
  live_.erase(source);
  advanced_.notify_all();
  while (live_.empty() && others_may_come(source)) wait_for_others(held);
  if (failed_) return tl::unexpected(*failed_);
  if (!live_.empty()) return ingest_->commit();
  BYGONE_TRY(ingest_->close());
  writer_lock_.release();
  failed_ = Error{ErrorKind::not_found, name_, "is not being recorded any more", ""};
  return {};
}

void SharedRecording::give_up(SourceId source, const Error& error) {
  auto held = lock();
  if (failed_) return;
  // Bytes that make no sense cost their sender, and the others only if it owes them an event.
  const bool is_the_store = error.kind == ErrorKind::io || ingest_->failure();
  if (!is_the_store && finish(source, held)) return;
  failed_ = error;
  live_.clear();
  awaited_.clear();
  advanced_.notify_all();
  // Removed first: it keeps some room for what follows.
  writer_lock_.release();
  ingest_->abandon(error.kind == ErrorKind::io ? "store failed" : "interrupted");
}

}  // namespace bygone
