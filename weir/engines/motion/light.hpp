// How the brightness of a whole picture relates to what was learned: a lamp, the sun, the camera's own gain.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace weir::motion {

// now ≈ black + (learned − black) · gain + offset, in 8-bit levels.
struct Light {
  float gain = 1;
  float offset = 0;

  static constexpr float black = 16;  // of limited-range video, and close enough for full range
  float apply(float level) const noexcept { return black + (level - black) * gain + offset; }
};

// Finds the light that explains most of the picture. What moves must cover less than half of it.
// Thread-safety: one thread at a time.  Allocates: construction only.  Blocks: never.  Ownership: owns its buffers.
class LightFit {
 public:
  explicit LightFit(std::size_t areas);
  // `learned` and `now`: mean levels of the same areas, as many as at construction.
  Light fit(std::span<const float> learned, std::span<const float> now) noexcept;

 private:
  std::size_t areas_;
  std::vector<float> learned_, now_;  // of the areas that say something, above black; room for whole lanes
};

}  // namespace weir::motion
