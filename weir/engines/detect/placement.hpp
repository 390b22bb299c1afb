// Placement: where a source picture lies in what a detector looks at, and the way back.
#pragma once

#include <cstdint>

namespace weir::detect {

// `width`×`height` in all: the source scaled into x, y, w, h, the rest is `border` in all three channels.
// Thread-safety: value type.  Allocates: never.  Blocks: never.  Ownership: none.
struct Placement {
  int width = 0, height = 0;
  int x = 0, y = 0, w = 0, h = 0;
  std::uint8_t border = 114;
  bool operator==(const Placement&) const = default;
};

enum class Fit {
  stretch,  // over the whole, each direction by its own factor
  centre,   // by one factor, borders on both sides
  corner,   // by one factor, borders on the right and below
};

// All sizes are at least 1. The factor is exact within half a pixel of the smaller direction.
Placement place(Fit fit, int source_width, int source_height, int width, int height) noexcept;

// A rectangle of finite floats; its unit is what it is measured in.
struct Area {
  float x = 0, y = 0, w = 0, h = 0;
  bool operator==(const Area&) const = default;
};

// From the detector's pixels back to the source's, cut at the picture's edges. Nothing of it inside: w and h are 0.
Area to_source(const Placement& placement, int source_width, int source_height, Area area) noexcept;

}  // namespace weir::detect
