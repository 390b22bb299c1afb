// WireIndex: which of the last access units of a stream showed a given time.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <mutex>

#include "weir/flows/watch/looked.hpp"

namespace weir::watch {

// Thread-safety: all members from any thread.  Allocates: never.  Blocks: a short mutex.  Ownership: value type.
class WireIndex {
 public:
  void sent(const Shown& unit, std::int64_t capture_us) noexcept {
    std::lock_guard lock(mutex_);
    units_[count_++ % units_.size()] = {unit, capture_us};
  }

  // The access unit with this presentation time; the newest, if it is too long ago.
  Shown at_pts(std::int64_t pts_us) const noexcept {
    return best([&](const Unit& unit) { return unit.shown.pts_us == pts_us ? 0 : 1; });
  }
  // The access unit that was received nearest to this wall time.
  Shown at_capture(std::int64_t capture_us) const noexcept {
    return best([&](const Unit& unit) { return std::abs(unit.capture_us - capture_us); });
  }
  Shown nearest_pts(std::int64_t pts_us) const noexcept {
    return best([&](const Unit& unit) { return std::abs(unit.shown.pts_us - pts_us); });
  }

 private:
  struct Unit {
    Shown shown;
    std::int64_t capture_us = 0;
  };
  // Of the newest to the oldest, the first with the least distance.
  template <class Distance>
  Shown best(Distance distance) const noexcept {
    std::lock_guard lock(mutex_);
    const std::size_t known = count_ < units_.size() ? count_ : units_.size();
    Shown out;
    std::int64_t least = INT64_MAX;
    for (std::size_t back = 1; back <= known && least > 0; ++back) {
      const Unit& unit = units_[(count_ - back) % units_.size()];
      const std::int64_t d = distance(unit);
      if (d >= least) continue;
      least = d;
      out = unit.shown;
    }
    return out;
  }

  mutable std::mutex mutex_;
  std::array<Unit, 128> units_{};
  std::size_t count_ = 0;
};

}  // namespace weir::watch
