// Areas that a person draws on the picture.
#pragma once

#include <cstddef>
#include <span>

#include "weir/core/result.hpp"

namespace weir::track {

struct Point {
  float x = 0, y = 0;  // 0…1 of the picture's width and height
  bool operator==(const Point&) const = default;
};

constexpr std::size_t max_points = 64;

// 3…64 points inside the picture, that enclose an area, whose edges neither cross nor touch. The last point is joined
// with the first and does not repeat it. The error's detail names the points, counted from 1.
Result<void> check_polygon(std::span<const Point> points);
// Inside the picture, and two points.
Result<void> check_line(Point a, Point b);

// Inside or on the border; any points.
bool contains(std::span<const Point> polygon, Point point) noexcept;

// Of a point from the nearest place on the border, where a unit of x is `width` and one of y is `height`. Edges along
// the edge of the picture are no border, since nobody can pass them: infinity, if there are no others.
double distance_to_border(std::span<const Point> polygon, Point point, double width, double height) noexcept;

}  // namespace weir::track
