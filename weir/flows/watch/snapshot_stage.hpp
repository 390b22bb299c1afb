// SnapshotStage: the best picture of each event, as JPEG, in the recordings' folder. Its own thread, one camera.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "weir/core/channel.hpp"
#include "weir/core/result.hpp"
#include "weir/media/frame.hpp"
#include "weir/media/jpeg.hpp"
#include "weir/media/mux/retention.hpp"

namespace weir::watch {

struct Snapshot {
  media::Frame frame;
  std::string path;  // below the recordings' folder
};

// A picture is kept in memory while its event goes on and a better one may come, and written when the event is over.
// Thread-safety: end() and picture() from any thread.  Allocates: pictures, at most max_open of max_bytes.
// Blocks: its own thread on the disk; the others on a short mutex.
// Ownership: borrows channel and retention; its thread ends with the channel.
class SnapshotStage {
 public:
  static constexpr std::size_t max_open = 16;  // beyond, the oldest is written as it is
  static constexpr std::size_t max_bytes = std::size_t{512} << 10;

  SnapshotStage(std::string owner, Channel<Snapshot>& snapshots, media::Retention& retention);
  ~SnapshotStage();

  // No better one will come.
  void end(std::string path);
  // The JPEG, while it is not yet a file; else empty.
  std::string picture(const std::string& path) const;
  std::uint64_t written() const noexcept { return written_.load(std::memory_order_relaxed); }
  // Writes what is open and waits for the thread, which ends when the channel is closed and drained.
  void join();

 private:
  void run();
  void encode(const Snapshot& snapshot);
  void write_ended();
  void write(const std::string& path, const std::string& jpeg);
  void complain(const Error& error);

  const std::string owner_;
  Channel<Snapshot>& snapshots_;
  media::Retention& retention_;
  media::JpegEncoder encoder_{1280, 4};
  std::vector<std::byte> buffer_ = std::vector<std::byte>(max_bytes);
  mutable std::mutex mutex_;
  std::map<std::string, std::string> open_;  // by path; the names begin with the time, so the first is the oldest
  std::vector<std::string> ended_;
  std::atomic<std::uint64_t> written_{0};
  bool complained_ = false;
  std::thread thread_;
};

}  // namespace weir::watch
