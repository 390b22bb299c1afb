#include <algorithm>
#include <cmath>

#include "weir/media/demo_place.hpp"

namespace weir::media {
namespace {

constexpr float far_walk = 0.60f, far_road = 0.74f, near_road = 0.87f, near_walk = 0.985f;

void house(Canvas& c, float left, float width, float top, Color wall, std::uint32_t look) {
  constexpr float foot = 0.565f;
  c.box({left, top}, {width, foot - top}, 0, wall);
  c.box({left + width - 0.02f, top}, {0.02f, foot - top}, 0, mix(wall, {0, 0, 0}, 0.3f), 0.6f);
  const Point roof[] = {{left - 0.012f, top},
                        {left + 0.06f * width, top - 0.07f},
                        {left + 0.94f * width, top - 0.07f},
                        {left + width + 0.012f, top}};
  c.polygon(roof, 4, mix({0.45f, 0.23f, 0.18f}, {0.25f, 0.27f, 0.31f}, static_cast<float>(look & 3) / 3));
  const int columns = std::max(2, static_cast<int>(width / 0.1f));
  const float step = width / static_cast<float>(columns);
  int row = 0;
  for (float y = top + 0.035f; y < foot - 0.16f; y += 0.105f, ++row) {
    for (int i = 0; i < columns; ++i) {
      const float x = left + step * (static_cast<float>(i) + 0.5f) - 0.022f;
      const bool lit = (scrambled(look * 17u + static_cast<std::uint32_t>(row * 16 + i)) & 3) == 0;
      c.box({x - 0.006f, y - 0.006f}, {0.056f, 0.077f}, 0.004f, mix(wall, {1, 1, 1}, 0.45f));
      c.box({x, y}, {0.044f, 0.065f}, 0.002f, lit ? Color{0.98f, 0.83f, 0.52f} : Color{0.27f, 0.35f, 0.43f});
      c.box({x + 0.020f, y}, {0.004f, 0.065f}, 0, mix(wall, {1, 1, 1}, 0.45f));
    }
  }
  const Color awning = clothing(look >> 3);
  c.box({left + 0.04f, foot - 0.105f}, {width - 0.08f, 0.105f}, 0.004f, {0.20f, 0.25f, 0.29f});
  c.glow({left + width / 2, foot - 0.05f}, {width * 0.4f, 0.06f}, {1.0f, 0.86f, 0.6f}, 0.55f);
  c.box({left + 0.03f, foot - 0.13f}, {width - 0.06f, 0.03f}, 0.006f, awning);
}

void draw_empty(Canvas& c, std::uint32_t seed) {
  c.paint([&](float x, float y) {
    if (y < 0.57f) {
      const Color sky = mix({0.47f, 0.63f, 0.83f}, {0.97f, 0.83f, 0.70f}, std::min(1.0f, y / 0.5f));
      const float cloud = std::max(0.0f, cloudy(2.2f * x, 7 * y, seed) - 0.48f) * 1.6f;
      return mix(sky, {1.0f, 0.97f, 0.94f}, cloud);
    }
    const float grain =
        0.06f * (noise(x * 180, y * 180, seed) - 0.5f) + 0.05f * (cloudy(x * 7, y * 18, seed + 5) - 0.5f);
    if (y < 0.635f || y > 0.945f) {
      const float slab = (std::fmod(x * 9 + y * 4, 1.0f) < 0.04f) ? -0.06f : 0.0f;
      const float v = 0.62f + grain + slab;
      return Color{v, v * 0.97f, v * 0.92f};
    }
    if (y < 0.645f || y > 0.935f) return Color{0.75f + grain, 0.74f + grain, 0.71f + grain};
    const float v = 0.30f + grain + 0.05f * (y - 0.65f);
    return Color{v, v, v * 1.04f};
  });
  const float edge = c.aspect();
  float left = -0.06f;
  for (std::uint32_t i = 0; left < edge; ++i) {
    const std::uint32_t look = scrambled(seed * 13u + i);
    const float width = 0.32f + static_cast<float>(look & 127) / 800.0f,
                top = 0.14f + static_cast<float>((look >> 7) & 127) / 900.0f;
    static constexpr Color walls[] = {{0.86f, 0.76f, 0.62f},
                                      {0.73f, 0.50f, 0.42f},
                                      {0.82f, 0.82f, 0.78f},
                                      {0.65f, 0.70f, 0.66f},
                                      {0.88f, 0.67f, 0.53f}};
    house(c, left, width, top, walls[(look >> 15) % 5], look);
    left += width + 0.006f;
  }
  for (float x = 0.02f; x < edge; x += 0.17f)
    c.box({x, 0.786f}, {0.085f, 0.009f}, 0.002f, {0.93f, 0.91f, 0.84f}, 0.85f);
  for (float x = 0.25f; x < edge; x += 0.62f)
    draw_tree(c, {x, 0.615f}, 0.27f, scrambled(seed + static_cast<std::uint32_t>(x * 100)));
  c.glow({edge * 0.15f, 0.0f}, {0.9f, 0.5f}, {1.0f, 0.92f, 0.75f}, 0.35f);
}

void draw_passage(Canvas& c, const Passage& p) {
  switch (p.lane) {
    case 0:
      return draw_person(c, {across(c, p, 0.15f), far_walk + 0.015f}, 0.17f, p.seconds * 0.95f, p.leftwards, p.look);
    case 1: return draw_car(c, {across(c, p, 0.35f), far_road}, 0.38f, p.seconds * 9, p.leftwards, p.look);
    case 2:
      return draw_cyclist(c, {across(c, p, 0.25f), far_road + 0.09f}, 0.25f, p.seconds * 0.9f, p.leftwards, p.look);
    case 3: return draw_car(c, {across(c, p, 0.45f), near_road + 0.02f}, 0.5f, p.seconds * 10, p.leftwards, p.look);
    default: return draw_person(c, {across(c, p, 0.25f), near_walk}, 0.33f, p.seconds * 0.9f, p.leftwards, p.look);
  }
}

void draw_front(Canvas& c) { draw_lamp(c, {0.72f * c.aspect(), 0.955f}, 0.66f); }

}  // namespace

const Place& street() {
  static const Place place{"street",
                           48,
                           {{1, 11, 0, false},
                            {19, 11, 0, true},
                            {4, 4.5, 1, true},
                            {15, 4, 1, true},
                            {35, 4.5, 1, true},
                            {21, 7, 2, false},
                            {6.5, 4, 3, false},
                            {25, 4.5, 3, false},
                            {37, 4, 3, false},
                            {9, 10, 4, true}},
                           &draw_empty,
                           &draw_passage,
                           &draw_front};
  return place;
}

}  // namespace weir::media
