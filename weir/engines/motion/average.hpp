// AverageEngine: motion as the difference from a running average of the picture.
#pragma once

#include <algorithm>
#include <vector>

#include "weir/engines/motion/average_kernels.hpp"
#include "weir/engines/motion/blocks.hpp"
#include "weir/engines/motion/former.hpp"
#include "weir/engines/motion/light.hpp"
#include "weir/engines/motion/motion.hpp"
#include "weir/engines/motion/sway.hpp"

namespace weir::motion {

// For each pixel the average of what was there while nothing moved; for each block of 8×8 how much it is noisy.
//   light    one gain and offset for the whole picture take out lamps, clouds and the camera's own exposure;
//            the background is rewritten in that light, so that slow changes never add up
//   limit    a pixel has moved if it differs by more than threshold + what is usual in its block
//   blocks   with enough such pixels are grouped, and the groups' boxes drawn in to the pixels that moved
//   sway     a group that is only the background shifted by a few pixels is no motion
//   learning what does not move is averaged over seconds; what moves is left out, until it has stood still for long
//   former   what was there before something stood still is remembered, and known again when that leaves
//   relearn  when most of the picture changes at once, the new picture becomes the background, and nothing is reported
// Contract as MotionEngine. Allocates: construction only.
class AverageEngine final : public MotionEngine {
 public:
  AverageEngine(const MotionConfig& config, Size source, Size small,
                const AverageKernels& kernels = best_average_kernels());

  std::span<const Box> look(const LumaView& small, std::int64_t pts_us) noexcept override;
  void mask(std::span<const std::uint8_t> cells) override;
  MotionStats stats() const noexcept override { return stats_; }

 private:
  static constexpr int side = 8;  // of a block

  float seconds_since_last(std::int64_t pts_us) noexcept;
  void learn_all(const LumaView& small) noexcept;
  void measure(const LumaView& small) noexcept;
  void compare(const LumaView& small) noexcept;
  void settle(const LumaView& small, float seconds) noexcept;
  void blend(const LumaView& small, float seconds) noexcept;
  bool only_swayed(const LumaView& small, const Group& group) noexcept;
  void find_boxes(const LumaView& small) noexcept;
  bool pixel_moved(const LumaView& small, int x, int y) const noexcept;
  Group in_pixels(const LumaView& small, const Group& group) const noexcept;
  struct Patch {
    int x, y, width, height;  // of a block's pixels
    std::int16_t* background;
  };
  Patch patch_of(std::size_t block) noexcept;
  void remember(std::size_t block) noexcept;
  int rows_in(int block_row) const noexcept { return std::min(side, small_.height - block_row * side); }
  int pixels_in(int block_row, int block_column) const noexcept {
    return rows_in(block_row) * std::min(side, small_.width - block_column * side);
  }

  const MotionConfig config_;
  const Size source_, small_;
  const AverageKernels& kernels_;
  const int columns_, rows_;  // of blocks
  const std::size_t padded_;  // columns_ × side

  // Per pixel.
  std::vector<std::int16_t> background_;  // rows of padded_
  // Per pixel column, for the row of blocks at hand.
  std::vector<std::uint8_t> limit_, moved_columns_;
  std::vector<std::uint16_t> level_columns_;
  std::vector<std::int16_t> rate_;
  // Per block.
  std::vector<float> now_mean_, learned_mean_, noise_, still_s_, still_mean_;
  std::vector<std::uint8_t> moved_, masked_, limits_, swayed_, standing_;
  std::size_t unmasked_ = 0;
  std::vector<std::uint16_t> difference_;

  LightFit fit_;
  Light light_;
  LightStep step_;
  Grouper grouper_;
  Sway sway_;
  FormerBackground former_;
  std::vector<Box> boxes_;
  MotionStats stats_;

  bool learned_ = false;
  std::int64_t last_pts_us_ = 0;
  float last_seconds_ = 0.04F;
  float age_s_ = 0;  // since the background was last learned anew
  float unblended_s_ = 0;
  float last_gain_ = 1;
  float recent_gain_ = 1;  // over the last seconds, fading
};

}  // namespace weir::motion
