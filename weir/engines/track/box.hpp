// A rectangle, and how much two of them have in common.
#pragma once

#include <algorithm>

namespace weir::track {

struct Box {
  float x = 0, y = 0, w = 0, h = 0;  // left, top, width, height; any unit, usually source pixels
  bool operator==(const Box&) const = default;
};

// Intersection over union, 0…1; 0 where either box has no area.
inline double iou(const Box& a, const Box& b) noexcept {
  const double w = std::min(double{a.x} + a.w, double{b.x} + b.w) - std::max(double{a.x}, double{b.x});
  const double h = std::min(double{a.y} + a.h, double{b.y} + b.h) - std::max(double{a.y}, double{b.y});
  if (!(w > 0 && h > 0)) return 0;
  return w * h / (double{a.w} * a.h + double{b.w} * b.h - w * h);
}

}  // namespace weir::track
