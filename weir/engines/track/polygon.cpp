#include "weir/engines/track/polygon.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace weir::track {

namespace {

constexpr double least_area = 1e-6;  // of the picture: two pixels of full HD

// Above 0: c lies right of the way from a to b, as seen on the picture, whose y goes down.
double turn(Point a, Point b, Point c) noexcept {
  return (double{b.x} - a.x) * (double{c.y} - a.y) - (double{b.y} - a.y) * (double{c.x} - a.x);
}

bool within(Point a, Point b, Point c) noexcept {
  return c.x >= std::min(a.x, b.x) && c.x <= std::max(a.x, b.x) && c.y >= std::min(a.y, b.y) &&
         c.y <= std::max(a.y, b.y);
}

bool is_on(Point a, Point b, Point c) noexcept { return turn(a, b, c) == 0 && within(a, b, c); }

bool meet(Point a, Point b, Point c, Point d) noexcept {
  const auto opposite = [](double one, double other) { return (one < 0 && other > 0) || (one > 0 && other < 0); };
  if (opposite(turn(a, b, c), turn(a, b, d)) && opposite(turn(c, d, a), turn(c, d, b))) return true;
  return is_on(a, b, c) || is_on(a, b, d) || is_on(c, d, a) || is_on(c, d, b);
}

bool is_in_picture(Point p) noexcept { return p.x >= 0 && p.x <= 1 && p.y >= 0 && p.y <= 1; }

// Beyond the edge of the picture nothing is.
bool is_edge_of_picture(Point a, Point b) noexcept {
  return (a.x == b.x && (a.x == 0 || a.x == 1)) || (a.y == b.y && (a.y == 0 || a.y == 1));
}

std::string numbered(std::size_t i) { return std::to_string(i + 1); }

std::string edge(std::size_t i, std::size_t n) { return numbered(i) + "-" + numbered((i + 1) % n); }

}  // namespace

Result<void> check_polygon(std::span<const Point> points) {
  const std::size_t n = points.size();
  if (n < 3) return fail(Code::invalid, "an area needs at least three points");
  if (n > max_points) return fail(Code::invalid, "an area has at most 64 points");
  for (std::size_t i = 0; i < n; ++i) {
    if (!is_in_picture(points[i])) {
      return fail(Code::invalid, "points are from 0 to 1 of the picture", {}, "point " + numbered(i));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (points[i] == points[j]) {
        return fail(Code::invalid, "an area has no point twice", {}, "points " + numbered(j) + " and " + numbered(i));
      }
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    const Point a = points[i], b = points[(i + 1) % n], c = points[(i + 2) % n];
    // Neighbours share b; they must not share more.
    bool crosses = is_on(a, b, c) || is_on(b, c, a);
    std::size_t with = (i + 1) % n;
    for (std::size_t j = i + 2; !crosses && j < n && (j + 1) % n != i; ++j) {
      crosses = meet(a, b, points[j], points[(j + 1) % n]);
      with = j;
    }
    if (crosses) {
      return fail(Code::invalid, "the edges of an area do not cross or touch", {},
                  edge(i, n) + " and " + edge(with, n));
    }
  }
  double twice_area = 0;
  for (std::size_t i = 0; i < n; ++i) twice_area += turn(points[0], points[i], points[(i + 1) % n]);
  if (std::abs(twice_area) / 2 < least_area) return fail(Code::invalid, "the points enclose no area");
  return {};
}

Result<void> check_line(Point a, Point b) {
  if (!is_in_picture(a) || !is_in_picture(b)) return fail(Code::invalid, "points are from 0 to 1 of the picture");
  if (a == b) return fail(Code::invalid, "a line needs two points");
  return {};
}

bool contains(std::span<const Point> polygon, Point point) noexcept {
  bool inside = false;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point a = polygon[i], b = polygon[(i + 1) % polygon.size()];
    if (is_on(a, b, point)) return true;
    // A ray to the left: each edge owns its upper end, so that a corner is met once.
    if ((a.y > point.y) == (b.y > point.y)) continue;
    if ((turn(a, b, point) < 0) == (b.y > a.y)) inside = !inside;
  }
  return inside;
}

double distance_to_border(std::span<const Point> polygon, Point point, double width, double height) noexcept {
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point a = polygon[i], b = polygon[(i + 1) % polygon.size()];
    if (is_edge_of_picture(a, b)) continue;
    const double abx = (double{b.x} - a.x) * width, aby = (double{b.y} - a.y) * height;
    const double apx = (double{point.x} - a.x) * width, apy = (double{point.y} - a.y) * height;
    const double length = abx * abx + aby * aby;
    const double along = length > 0 ? std::clamp((apx * abx + apy * aby) / length, 0.0, 1.0) : 0.0;
    nearest = std::min(nearest, std::hypot(apx - along * abx, apy - along * aby));
  }
  return nearest;
}

}  // namespace weir::track
