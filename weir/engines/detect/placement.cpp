#include "weir/engines/detect/placement.hpp"

#include <algorithm>

namespace weir::detect {

namespace {

// part · length / whole, rounded, at least 1.
int scaled(int length, int part, int whole) noexcept {
  const auto product = static_cast<std::int64_t>(length) * part;
  return static_cast<int>(std::max<std::int64_t>(1, (product + whole / 2) / whole));
}

}  // namespace

Placement place(Fit fit, int source_width, int source_height, int width, int height) noexcept {
  Placement p{.width = width, .height = height, .w = width, .h = height};
  if (fit == Fit::stretch) return p;
  const bool wide =
      static_cast<std::int64_t>(source_width) * height >= static_cast<std::int64_t>(source_height) * width;
  if (wide) {
    p.h = std::min(height, scaled(source_height, width, source_width));
  } else {
    p.w = std::min(width, scaled(source_width, height, source_height));
  }
  if (fit == Fit::centre) p.x = (width - p.w) / 2, p.y = (height - p.h) / 2;
  return p;
}

Area to_source(const Placement& p, int source_width, int source_height, Area area) noexcept {
  const auto back = [](float position, int offset, int length, int source) {
    const double at = (static_cast<double>(position) - offset) * source / length;
    return static_cast<float>(std::clamp(at, 0.0, static_cast<double>(source)));
  };
  const float left = back(area.x, p.x, p.w, source_width), right = back(area.x + area.w, p.x, p.w, source_width);
  const float top = back(area.y, p.y, p.h, source_height), bottom = back(area.y + area.h, p.y, p.h, source_height);
  if (!(right > left && bottom > top)) return {left, top, 0, 0};
  return {left, top, right - left, bottom - top};
}

}  // namespace weir::detect
