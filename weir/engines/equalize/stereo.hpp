// Left and right side by side in one vector register.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir::equalize {

using Stereo = double __attribute__((vector_size(16)));

// What is no number would stay in a filter's memory for ever; it becomes silence.
inline float finite(float sample) noexcept { return std::isfinite(sample) ? sample : 0.0F; }

// What is too loud for a float stays the loudest there is, instead of becoming infinite.
inline float to_float(double sample) noexcept {
  constexpr double most = std::numeric_limits<float>::max();
  return static_cast<float>(std::clamp(sample, -most, most));
}

}  // namespace weir::equalize
