#include "weir/engines/detect/pack.hpp"

#include <array>

namespace weir::detect {

void pack(const Picture& picture, const InputStyle& style, float* planes) noexcept {
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(picture.width) * picture.height;
  float* const blue = planes + (style.rgb ? 2 * plane : 0);
  float* const green = planes + plane;
  float* const red = planes + (style.rgb ? 0 : 2 * plane);
  const float factor = style.factor, shift = -style.offset * style.factor;
  for (int y = 0; y < picture.height; ++y) {
    const std::uint8_t* from = picture.bgr + y * picture.stride_bytes;
    const std::ptrdiff_t line = static_cast<std::ptrdiff_t>(y) * picture.width;
    for (std::ptrdiff_t x = 0; x < picture.width; ++x) {
      blue[line + x] = static_cast<float>(from[3 * x]) * factor + shift;
      green[line + x] = static_cast<float>(from[3 * x + 1]) * factor + shift;
      red[line + x] = static_cast<float>(from[3 * x + 2]) * factor + shift;
    }
  }
}

}  // namespace weir::detect
