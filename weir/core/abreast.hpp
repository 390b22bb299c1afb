// Abreast: two streams that belong together, each read by a thread as fast as it can, side by side in their own time.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace weir {

// The one that is looked at waits until the one that is shown has come as far, so that each frame finds the access unit
// that shows it, every time the same. The other one stays within a moment of it: what is kept of it is enough.
// Thread-safety: each stream has a thread, end() is for any.  Allocates: never.
// Blocks: shown(), looked_at(), until the other has come as far or has ended.  Ownership: value type.
class Abreast {
 public:
  void shown(std::int64_t pts_us) {
    std::unique_lock lock(mutex_);
    shown_us_ = std::max(shown_us_, pts_us);
    moved_.notify_all();
    moved_.wait(lock, [this] { return over_ || shown_us_ - looked_at_us_ <= moment_us; });
  }
  void looked_at(std::int64_t pts_us) {
    std::unique_lock lock(mutex_);
    // Said before it is waited for: frames may be further apart than a moment.
    looked_at_us_ = std::max(looked_at_us_, pts_us);
    moved_.notify_all();
    moved_.wait(lock, [this] { return over_ || shown_us_ >= looked_at_us_; });
  }
  // One of them has ended, or both shall: nobody waits any more.
  void end() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    moved_.notify_all();
  }

 private:
  static constexpr std::int64_t moment_us = 500'000;

  std::mutex mutex_;
  std::condition_variable moved_;
  std::int64_t shown_us_ = -1, looked_at_us_ = 0;
  bool over_ = false;
};

}  // namespace weir
