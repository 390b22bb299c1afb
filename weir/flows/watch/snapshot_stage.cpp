#include "weir/flows/watch/snapshot_stage.hpp"

#include <span>

#include "weir/core/account.hpp"
#include "weir/core/log.hpp"
#include "weir/media/files/part_file.hpp"

namespace weir::watch {
namespace {

constexpr Nanos look_for_ended_every = std::chrono::milliseconds(250);

}  // namespace

SnapshotStage::SnapshotStage(std::string owner, Channel<Snapshot>& snapshots, media::Retention& retention)
    : owner_(std::move(owner)), snapshots_(snapshots), retention_(retention) {
  thread_ = std::thread([this] {
    AccountBinding binding(Account::open(owner_));
    run();
  });
}

SnapshotStage::~SnapshotStage() {
  snapshots_.close();
  join();
}

void SnapshotStage::join() {
  if (thread_.joinable()) thread_.join();
}

void SnapshotStage::end(std::string path) {
  std::lock_guard lock(mutex_);
  ended_.push_back(std::move(path));
}

std::string SnapshotStage::picture(const std::string& path) const {
  std::lock_guard lock(mutex_);
  const auto found = open_.find(path);
  return found == open_.end() ? std::string() : found->second;
}

void SnapshotStage::run() {
  while (!snapshots_.ended()) {
    if (const auto snapshot = snapshots_.take({}, Clock::real().now() + look_for_ended_every)) encode(*snapshot);
    write_ended();
  }
  std::lock_guard lock(mutex_);
  for (const auto& [path, jpeg] : open_) write(path, jpeg);
  open_.clear();
}

void SnapshotStage::encode(const Snapshot& snapshot) {
  const auto bytes = encoder_.encode(snapshot.frame, buffer_);
  if (!bytes) return complain(bytes.error());
  std::string jpeg(reinterpret_cast<const char*>(buffer_.data()), *bytes);
  std::lock_guard lock(mutex_);
  open_[snapshot.path] = std::move(jpeg);
  if (open_.size() > max_open) ended_.push_back(open_.begin()->first);
}

void SnapshotStage::write_ended() {
  std::vector<std::pair<std::string, std::string>> ready;
  {
    std::lock_guard lock(mutex_);
    for (const std::string& path : ended_) {
      if (auto found = open_.extract(path)) ready.emplace_back(path, std::move(found.mapped()));
    }
    ended_.clear();
  }
  for (const auto& [path, jpeg] : ready) write(path, jpeg);
}

void SnapshotStage::write(const std::string& path, const std::string& jpeg) {
  if (!retention_.room_for(jpeg.size()))
    return complain({Code::exhausted, "no room for a picture of an event", owner_});
  Result<void> written = retention_.make_folder_of(path);
  if (written) written = media::write_file(retention_.dir() / path, std::as_bytes(std::span(jpeg)));
  if (!written) {
    retention_.give_back(jpeg.size());
    return complain(written.error());
  }
  retention_.added(path, jpeg.size());
  written_.fetch_add(1, std::memory_order_relaxed);
}

void SnapshotStage::complain(const Error& error) {
  if (!complained_) log(Level::warn, owner_, "a picture of an event is missing: " + error.message());
  complained_ = true;
}

}  // namespace weir::watch
