#include "weir/media/demo_canvas.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace weir::media {
namespace {

struct Yuv {
  float y, u, v;
};

// ITU-R BT.601, 8 bits, limited range.
Yuv yuv(Color c) {
  return {16 + 65.481f * c.r + 128.553f * c.g + 24.966f * c.b, 128 - 37.797f * c.r - 74.203f * c.g + 112.0f * c.b,
          128 + 112.0f * c.r - 93.786f * c.g - 18.214f * c.b};
}

std::uint8_t byte(float v) { return static_cast<std::uint8_t>(std::clamp(v + 0.5f, 0.0f, 255.0f)); }

void blend(std::uint8_t& pixel, float target, float alpha) {
  const float old = pixel;
  pixel = byte(old + (target - old) * alpha);
}

float segment_distance(float px, float py, Point a, Point b, float& along) {
  const float dx = b.x - a.x, dy = b.y - a.y;
  const float length = dx * dx + dy * dy;
  along = length > 0 ? std::clamp(((px - a.x) * dx + (py - a.y) * dy) / length, 0.0f, 1.0f) : 0.0f;
  return std::hypot(px - a.x - along * dx, py - a.y - along * dy);
}

}  // namespace

Color mix(Color a, Color b, float t) noexcept {
  return {a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

Canvas::Canvas(int width, int height) : width_(width), height_(height), scale_(1.0f / static_cast<float>(height)) {
  const std::size_t luma = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  offset_[0] = 0;
  offset_[1] = luma;
  offset_[2] = luma + luma / 4;
  planes_.assign(luma + luma / 2, 128);
}

void Canvas::copy_from(const Canvas& other) { planes_ = other.planes_; }

void Canvas::paint(const std::function<Color(float x, float y)>& color) {
  for (int y = 0; y < height_; y += 2) {
    for (int x = 0; x < width_; x += 2) {
      float u = 0, v = 0;
      for (int i = 0; i < 4; ++i) {
        const int px = x + (i & 1), py = y + (i >> 1);
        const Yuv c = yuv(color((static_cast<float>(px) + 0.5f) * scale_, (static_cast<float>(py) + 0.5f) * scale_));
        planes_[static_cast<std::size_t>(py * width_ + px)] = byte(c.y);
        u += c.u / 4, v += c.v / 4;
      }
      const auto at = static_cast<std::size_t>(y / 2 * (width_ / 2) + x / 2);
      planes_[offset_[1] + at] = byte(u);
      planes_[offset_[2] + at] = byte(v);
    }
  }
}

Canvas::Box Canvas::bounds(float x0, float y0, float x1, float y1) const {
  auto pixel = [this](float v, int most) {
    return static_cast<int>(std::clamp(v / scale_, 0.0f, static_cast<float>(most)));
  };
  // Whole chroma samples, and a pixel more for the soft edge.
  Box b{(pixel(x0 - scale_, width_)) & ~1, (pixel(y0 - scale_, height_)) & ~1, pixel(x1 + 2 * scale_, width_),
        pixel(y1 + 2 * scale_, height_)};
  b.x1 = std::min(width_, (b.x1 + 1) & ~1);
  b.y1 = std::min(height_, (b.y1 + 1) & ~1);
  return b;
}

// `coverage(x, y)` says how much of the pixel at (x, y) the shape covers, 0 to 1.
template <class Coverage>
void Canvas::fill(Box area, Color color, float alpha, const Coverage& coverage) {
  const Yuv target = yuv(color);
  for (int y = area.y0; y < area.y1; y += 2) {
    for (int x = area.x0; x < area.x1; x += 2) {
      float sum = 0;
      for (int i = 0; i < 4; ++i) {
        const int px = x + (i & 1), py = y + (i >> 1);
        const float c =
            coverage((static_cast<float>(px) + 0.5f) * scale_, (static_cast<float>(py) + 0.5f) * scale_) * alpha;
        if (c <= 0) continue;
        sum += c;
        blend(planes_[static_cast<std::size_t>(py * width_ + px)], target.y, c);
      }
      if (sum <= 0) continue;
      const auto at = static_cast<std::size_t>(y / 2 * (width_ / 2) + x / 2);
      blend(planes_[offset_[1] + at], target.u, sum / 4);
      blend(planes_[offset_[2] + at], target.v, sum / 4);
    }
  }
}

void Canvas::ellipse(Point center, Point radius, Color color, float alpha) {
  const float soft = std::min(radius.x, radius.y) / scale_;
  fill(bounds(center.x - radius.x, center.y - radius.y, center.x + radius.x, center.y + radius.y), color, alpha,
       [&](float x, float y) {
         const float d = std::hypot((x - center.x) / radius.x, (y - center.y) / radius.y);
         return std::clamp((1 - d) * soft + 0.5f, 0.0f, 1.0f);
       });
}

void Canvas::capsule(Point a, Point b, float radius_a, float radius_b, Color color, float alpha) {
  const float r = std::max(radius_a, radius_b);
  fill(bounds(std::min(a.x, b.x) - r, std::min(a.y, b.y) - r, std::max(a.x, b.x) + r, std::max(a.y, b.y) + r), color,
       alpha, [&](float x, float y) {
         float along = 0;
         const float d = segment_distance(x, y, a, b, along);
         return std::clamp((radius_a + (radius_b - radius_a) * along - d) / scale_ + 0.5f, 0.0f, 1.0f);
       });
}

void Canvas::box(Point corner, Point size, float corner_radius, Color color, float alpha) {
  const Point half{size.x / 2, size.y / 2};
  const Point center{corner.x + half.x, corner.y + half.y};
  fill(bounds(corner.x, corner.y, corner.x + size.x, corner.y + size.y), color, alpha, [&](float x, float y) {
    const float qx = std::abs(x - center.x) - half.x + corner_radius;
    const float qy = std::abs(y - center.y) - half.y + corner_radius;
    const float d =
        std::hypot(std::max(qx, 0.0f), std::max(qy, 0.0f)) + std::min(std::max(qx, qy), 0.0f) - corner_radius;
    return std::clamp(0.5f - d / scale_, 0.0f, 1.0f);
  });
}

void Canvas::polygon(const Point* corners, int count, Color color, float alpha) {
  float x0 = corners[0].x, x1 = x0, y0 = corners[0].y, y1 = y0;
  for (int i = 1; i < count; ++i) {
    x0 = std::min(x0, corners[i].x), x1 = std::max(x1, corners[i].x);
    y0 = std::min(y0, corners[i].y), y1 = std::max(y1, corners[i].y);
  }
  fill(bounds(x0, y0, x1, y1), color, alpha, [&](float x, float y) {
    float distance = 1e9f, along = 0;
    bool inside = false;
    for (int i = 0, j = count - 1; i < count; j = i++) {
      const Point a = corners[j], b = corners[i];
      distance = std::min(distance, segment_distance(x, y, a, b, along));
      if ((b.y > y) != (a.y > y) && x < (a.x - b.x) * (y - b.y) / (a.y - b.y) + b.x) inside = !inside;
    }
    return std::clamp((inside ? distance : -distance) / scale_ + 0.5f, 0.0f, 1.0f);
  });
}

void Canvas::glow(Point center, Point radius, Color color, float alpha) {
  fill(bounds(center.x - radius.x, center.y - radius.y, center.x + radius.x, center.y + radius.y), color, alpha,
       [&](float x, float y) {
         const float dx = (x - center.x) / radius.x, dy = (y - center.y) / radius.y;
         const float left = std::max(0.0f, 1 - dx * dx - dy * dy);
         return left * left;
       });
}

void Canvas::light(int delta) {
  if (delta == 0) return;
  const std::size_t n = offset_[1];
  for (std::size_t i = 0; i < n; ++i) {
    planes_[i] = static_cast<std::uint8_t>(std::clamp(planes_[i] + delta, 0, 255));
  }
}

}  // namespace weir::media
