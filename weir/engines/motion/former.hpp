// What a place looked like before something stopped there and became background.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/engines/motion/average_kernels.hpp"

namespace weir::motion {

// One former background per block, kept while it may come back: when whoever stood there leaves, the old floor is known
// again at once instead of being taken for motion until it has been learned anew.
// Thread-safety: one thread at a time.  Allocates: construction only.  Blocks: never.  Ownership: owns its pixels.
class FormerBackground {
 public:
  static constexpr int side = 8;  // of a block

  FormerBackground(int columns, int rows);

  // The current background held for another `seconds` in this block.
  void held(std::size_t block, float seconds) noexcept;
  // The current background (rows of `stride` pixels, side of them) is about to be replaced by what stands there now.
  // It is remembered instead of an older one only if it has held for long: visitors who shift from one foot to the
  // other must not push the floor out.
  void replaced(std::size_t block, const std::int16_t* background, std::size_t stride, int width, int height) noexcept;
  // True if the remembered one, in today's light, is what is there now: fewer than `most` pixels differ by more than
  // `limit`.
  bool is_back(std::size_t block, const std::uint8_t* now, std::ptrdiff_t stride, LightStep light, int width,
               int height, int limit, unsigned most) const noexcept;
  // Makes it the background again.
  void restore(std::size_t block, std::int16_t* background, std::size_t stride, int width, int height) noexcept;
  // All that is remembered, seen in another light.
  void relight(LightStep light) noexcept;
  void forget_all() noexcept;

 private:
  struct Entry {
    float held_s = 0;  // the current background
    bool remembered = false;
  };
  std::vector<Entry> entries_;
  std::vector<std::int16_t> pixels_;  // side × side a block
};

}  // namespace weir::motion
