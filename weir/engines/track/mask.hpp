// Mask: parts of the picture in which nothing is looked for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/engines/track/box.hpp"
#include "weir/engines/track/polygon.hpp"

namespace weir::track {

// Thread-safety: const members from any thread.  Allocates: make() only.  Blocks: never.  Ownership: owns its polygons.
class Mask {
 public:
  Mask() = default;  // masks nothing
  // Each must pass check_polygon(); an error's owner is the number of the polygon, from 1.
  static Result<Mask> make(std::vector<std::vector<Point>> polygons);

  bool empty() const noexcept { return polygons_.empty(); }
  // The centre of the box, in pixels of a picture of this size, lies in a polygon. One outside the picture is taken at
  // the picture's nearest place.
  bool covers(const Box& box, int width, int height) const noexcept;
  // Sets those of columns × rows cells, row by row, to 1 whose centre lies in a polygon; the others stay as they are.
  void paint(std::span<std::uint8_t> cells, int columns, int rows) const noexcept;

 private:
  explicit Mask(std::vector<std::vector<Point>> polygons) : polygons_(std::move(polygons)) {}
  bool holds(Point point) const noexcept;

  std::vector<std::vector<Point>> polygons_;
};

}  // namespace weir::track
