// A camera on a pole sways: edges of the background come and go, and are not motion.
#pragma once

#include <array>
#include <cstdint>

#include "weir/engines/motion/average_kernels.hpp"

namespace weir::motion {

// The learned picture, and the light to see it in.
struct LearnedView {
  const std::int16_t* background = nullptr;
  std::ptrdiff_t stride = 0;  // in pixels
  int width = 0, height = 0;
  LightStep light;    // today's
  LightStep earlier;  // that of some seconds ago
};

// Pixels that differ from the background, and the question whether the background nearby, shifted as a whole by a few
// pixels, looks just like them. What came into the picture has no such match: its own surface is not in the background.
// Thread-safety: one thread at a time.  Allocates: never.  Blocks: never.  Ownership: borrows what it is given.
class Sway {
 public:
  static constexpr int reach = 6;  // pixels: one hundredth of 640
  static constexpr std::size_t max_samples = 192;

  static constexpr int max_searches = 16;  // a look: a street full of cars must not cost more than so much

  // A new look.
  void start() noexcept { searches_ = max_searches; }
  // A new group of pixels.
  void begin() noexcept { count_ = 0; }
  bool full() const noexcept { return count_ == max_samples; }
  void add(int x, int y, std::uint8_t level) noexcept {
    if (!full()) samples_[count_++] = {static_cast<std::int16_t>(x), static_cast<std::int16_t>(y), level};
  }
  // True if a shift within reach explains nearly all of them to within `limit` levels. The shift that did so last is
  // tried first, as a sway is the same everywhere.
  bool explains(const LearnedView& learned, int limit) noexcept;

 private:
  struct Sample {
    std::int16_t x, y;
    std::uint8_t level;
  };
  // The share, in 1/256, of every nth sample that has a counterpart in the picture; 0 if too few have, or if the share
  // is going to be below `least`.
  int explained(const LearnedView& learned, int limit, int dx, int dy, std::size_t every, int least) const noexcept;

  std::array<Sample, max_samples> samples_{};
  std::size_t count_ = 0;
  int searches_ = 0;  // still allowed in this look
  int last_dx_ = 0, last_dy_ = 0;
};

}  // namespace weir::motion
