// Canvas: a YUV 4:2:0 picture and soft-edged shapes on it; what the demo scenes are drawn with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace weir::media {

struct Color {
  float r = 0, g = 0, b = 0;  // 0 to 1
};
Color mix(Color a, Color b, float t) noexcept;

struct Point {
  float x = 0, y = 0;
};

// Coordinates are in picture heights: y runs from 0 to 1, x from 0 to aspect(), so that a scene looks the same at every
// size. Limited range BT.601.
// Thread-safety: used by one thread.  Allocates: construction and assignment to another size only.  Blocks: never.
// Ownership: value type.
class Canvas {
 public:
  Canvas(int width, int height);  // both even

  int width() const noexcept { return width_; }
  int height() const noexcept { return height_; }
  float aspect() const noexcept { return static_cast<float>(width_) / static_cast<float>(height_); }
  const std::uint8_t* plane(int i) const noexcept { return planes_.data() + offset_[i]; }
  int stride(int i) const noexcept { return i == 0 ? width_ : width_ / 2; }

  // Same size: copies the pixels, no allocation.
  void copy_from(const Canvas& other);

  // Every pixel, by a function of its place. For backgrounds.
  void paint(const std::function<Color(float x, float y)>& color);

  // Shapes with edges one pixel soft; `alpha` 0 to 1.
  void ellipse(Point center, Point radius, Color color, float alpha = 1);
  // From `a` to `b`, as thick as `radius_a` there and `radius_b` here: limbs, trunks, masts.
  void capsule(Point a, Point b, float radius_a, float radius_b, Color color, float alpha = 1);
  void box(Point corner, Point size, float corner_radius, Color color, float alpha = 1);
  // Convex or not, up to 8 corners.
  void polygon(const Point* corners, int count, Color color, float alpha = 1);
  // A shadow or a light: darkens or tints towards `color`, fading to nothing at the rim.
  void glow(Point center, Point radius, Color color, float alpha);

  // Adds to the luma of every pixel: the light of the day. Saturates.
  void light(int delta);

 private:
  struct Box {
    int x0, y0, x1, y1;
  };
  Box bounds(float x0, float y0, float x1, float y1) const;
  template <class Coverage>
  void fill(Box area, Color color, float alpha, const Coverage& coverage);

  int width_, height_;
  float scale_;  // pixels to picture heights
  std::size_t offset_[3];
  std::vector<std::uint8_t> planes_;
};

}  // namespace weir::media
