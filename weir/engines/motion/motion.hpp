// MotionEngine: where in the picture something moves.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "weir/core/result.hpp"
#include "weir/engines/motion/luma.hpp"
#include "weir/engines/motion/luma_scale.hpp"

namespace weir::motion {

// A rectangle in source pixels, inside the picture.
struct Box {
  int x = 0, y = 0, w = 0, h = 0;
  float confidence = 0;  // 0…1, growing with the difference from the background: 0.5 at the threshold itself
  bool operator==(const Box&) const = default;
};

constexpr std::size_t max_boxes = 64;

// The picture in squares of so many pixels: what a mask is given in.
constexpr int mask_side = 8;
constexpr int mask_cells(int pixels) noexcept { return (pixels + mask_side - 1) / mask_side; }

enum class Model { average, mog2 };
Result<Model> parse_model(std::string_view name);  // "average" or "mog2"
std::string_view to_string(Model model) noexcept;

struct MotionConfig {
  Model model = Model::average;
  int threshold = 18;        // least difference from the background, in 8-bit levels, that counts: 1…255
  bool light_guard = true;   // follow brightness changes of the whole picture, and relearn after sudden ones
  double min_area = 0.0006;  // least moved area, as a share of the picture: 0…1
};

struct MotionStats {
  std::uint64_t looks = 0;
  std::uint64_t with_motion = 0;  // looks that gave at least one box
  std::uint64_t relearned = 0;    // times the whole background was learned anew
  std::uint64_t boxes_cut = 0;    // boxes beyond max_boxes, smallest first
};

// Compares each picture with what the place looks like when nothing moves, which it learns as it goes. Rates are in
// seconds of `pts_us`, so that the result does not depend on the frame rate. One engine a camera, and not re-entrant:
// flows reach it through weir::Exclusive.
// Thread-safety: one thread at a time.  Allocates: construction only (mog2: also inside OpenCV).  Blocks: never.
// Ownership: the boxes are valid until the next look().
class MotionEngine {
 public:
  virtual ~MotionEngine() = default;
  // `small` must have the size given at construction, 8 bits, step 1 (checked).
  virtual std::span<const Box> look(const LumaView& small, std::int64_t pts_us) noexcept = 0;
  // Where nothing counts from now on: a cell for each square of `small`, row by row, not 0 where masked; empty:
  // nowhere. Any other number of cells is ignored. Allocates.
  virtual void mask(std::span<const std::uint8_t> cells) = 0;
  virtual MotionStats stats() const noexcept = 0;
};

// `source` is what boxes are measured in, `small` what look() gets.
Result<std::unique_ptr<MotionEngine>> make_motion_engine(const MotionConfig& config, Size source, Size small);

}  // namespace weir::motion
