#include <algorithm>
#include <cmath>

#include "weir/media/demo_place.hpp"

namespace weir::media {
namespace {

constexpr float rail = 0.635f, edge_of_platform = 0.70f;

void draw_empty(Canvas& c, std::uint32_t seed) {
  const float edge = c.aspect();
  c.paint([&](float x, float y) {
    if (y < 0.16f) {
      const float beam = std::fmod(x * 3.2f + 0.2f, 1.0f) < 0.07f ? 0.55f : 1.0f;
      const Color glass = mix({0.62f, 0.74f, 0.80f}, {0.86f, 0.92f, 0.93f}, y / 0.16f);
      return mix({0.20f, 0.23f, 0.26f}, glass, beam);
    }
    if (y < 0.60f) {
      const bool joint = std::fmod(y * 22, 1.0f) < 0.05f ||
                         std::fmod(x * 11 + (std::fmod(std::floor(y * 22), 2.0f) != 0 ? 0.5f : 0.0f), 1.0f) < 0.025f;
      const float v = (joint ? -0.05f : 0.0f) + 0.05f * (cloudy(x * 5, y * 5, seed) - 0.5f) - 0.18f * (y - 0.16f);
      return Color{0.80f + v, 0.77f + v, 0.68f + v};
    }
    if (y < edge_of_platform) {
      const float v = 0.20f + 0.16f * noise(x * 130, y * 130, seed);
      return Color{v * 1.05f, v, v * 0.95f};
    }
    if (y < edge_of_platform + 0.022f) return Color{0.84f, 0.83f, 0.80f};
    if (y > edge_of_platform + 0.045f && y < edge_of_platform + 0.065f) return Color{0.95f, 0.79f, 0.20f};
    const float depth = (y - edge_of_platform) / (1 - edge_of_platform);
    const float column = (x - edge / 2) / (0.6f + 0.9f * depth), row = std::pow(depth, 0.6f) * 7;
    const bool dark_tile = (static_cast<int>(std::floor(column * 11) + std::floor(row)) & 1) != 0;
    const float v = (dark_tile ? 0.52f : 0.60f) + 0.04f * (noise(x * 90, y * 90, seed) - 0.5f);
    return Color{v, v * 0.99f, v * 0.97f};
  });
  // Posters, clock, benches, columns.
  for (int i = 0; i < 4; ++i) {
    const float x = edge * (0.07f + 0.25f * static_cast<float>(i));
    const std::uint32_t look = scrambled(seed + static_cast<std::uint32_t>(i));
    c.box({x - 0.008f, 0.272f}, {0.196f, 0.206f}, 0.004f, {0.25f, 0.26f, 0.28f});
    c.box({x, 0.28f}, {0.18f, 0.19f}, 0.002f, mix(clothing(look), {1, 1, 1}, 0.35f));
    c.ellipse({x + 0.09f, 0.355f}, {0.055f, 0.05f}, clothing(look >> 4), 0.9f);
    c.box({x + 0.02f, 0.425f}, {0.14f, 0.010f}, 0.003f, {0.97f, 0.97f, 0.95f});
    c.box({x + 0.02f, 0.443f}, {0.09f, 0.008f}, 0.003f, {0.97f, 0.97f, 0.95f});
  }
  c.box({0, rail - 0.006f}, {edge, 0.007f}, 0, {0.66f, 0.66f, 0.68f});
  c.box({0, rail + 0.036f}, {edge, 0.009f}, 0, {0.72f, 0.72f, 0.74f});
  for (const float share : {0.02f, 0.34f, 0.66f, 0.98f}) {
    const float x = share * edge;
    c.box({x - 0.02f, 0.1f}, {0.04f, 0.53f}, 0, {0.28f, 0.42f, 0.42f});
    c.box({x - 0.02f, 0.1f}, {0.012f, 0.53f}, 0, {0.45f, 0.60f, 0.58f});
    c.box({x - 0.035f, 0.1f}, {0.07f, 0.03f}, 0.006f, {0.22f, 0.34f, 0.34f});
  }
  const Point clock{0.5f * edge, 0.19f};
  c.capsule({clock.x, 0.08f}, clock, 0.006f, 0.006f, {0.2f, 0.2f, 0.2f});
  c.ellipse(clock, {0.05f, 0.05f}, {0.2f, 0.2f, 0.22f});
  c.ellipse(clock, {0.043f, 0.043f}, {0.98f, 0.97f, 0.93f});
  c.capsule(clock, {clock.x + 0.018f, clock.y - 0.018f}, 0.004f, 0.003f, {0.1f, 0.1f, 0.1f});
  c.capsule(clock, {clock.x - 0.006f, clock.y - 0.035f}, 0.003f, 0.002f, {0.1f, 0.1f, 0.1f});
  for (const float x : {0.15f * edge, 0.73f * edge}) {
    c.glow({x + 0.11f, 0.825f}, {0.2f, 0.02f}, {0, 0, 0}, 0.6f);
    for (const float leg : {0.02f, 0.19f}) c.box({x + leg, 0.775f}, {0.012f, 0.05f}, 0, {0.2f, 0.2f, 0.22f});
    c.box({x, 0.765f}, {0.22f, 0.014f}, 0.004f, {0.55f, 0.35f, 0.20f});
    c.box({x, 0.715f}, {0.22f, 0.028f}, 0.004f, {0.58f, 0.38f, 0.22f});
  }
  for (int i = 0; i < 5; ++i)
    c.glow({edge * (0.1f + 0.2f * static_cast<float>(i)), 0.12f}, {0.25f, 0.2f}, {1.0f, 0.97f, 0.86f}, 0.35f);
}

// A train of three cars, behind the platform's edge.
void draw_train(Canvas& c, const Passage& p) {
  constexpr float car = 1.05f, top = 0.235f, foot = 0.645f;
  const float length = 3 * car, head = across(c, p, length / 2) + (p.leftwards ? -length / 2 : length / 2);
  const Color paint = paintwork(p.look), band{0.93f, 0.93f, 0.91f};
  for (int i = 0; i < 3; ++i) {
    const float left = p.leftwards ? head + car * static_cast<float>(i) : head - car * static_cast<float>(i + 1);
    if (left > c.aspect() || left + car < 0) continue;
    c.box({left + 0.005f, top}, {car - 0.01f, foot - top}, 0.03f, paint);
    c.box({left + 0.005f, top + 0.10f}, {car - 0.01f, 0.13f}, 0, band);
    for (int w = 0; w < 5; ++w) {
      c.box({left + 0.06f + 0.2f * static_cast<float>(w), top + 0.115f}, {0.13f, 0.1f}, 0.012f,
            w % 2 == 0 ? Color{0.96f, 0.88f, 0.66f} : Color{0.30f, 0.38f, 0.44f});
    }
    c.box({left + 0.02f, foot - 0.03f}, {car - 0.04f, 0.03f}, 0.004f, {0.16f, 0.16f, 0.18f});
    c.capsule({left + 0.03f, top + 0.035f}, {left + car - 0.03f, top + 0.035f}, 0.006f, 0.006f,
              mix(paint, {1, 1, 1}, 0.4f), 0.7f);
  }
}

void draw_passage(Canvas& c, const Passage& p) {
  switch (p.lane) {
    case 0: return draw_train(c, p);
    case 1: return draw_person(c, {across(c, p, 0.15f), 0.80f}, 0.30f, p.seconds * 0.9f, p.leftwards, p.look);
    case 2: return draw_person(c, {across(c, p, 0.2f), 0.88f}, 0.36f, p.seconds * 0.95f, p.leftwards, p.look);
    default: return draw_person(c, {across(c, p, 0.25f), 0.985f}, 0.46f, p.seconds * 0.9f, p.leftwards, p.look);
  }
}

void draw_front(Canvas& c) {
  const float x = 0.9f * c.aspect();
  c.box({x, 0.90f}, {0.07f, 0.11f}, 0.012f, {0.20f, 0.42f, 0.40f});
  c.ellipse({x + 0.035f, 0.90f}, {0.038f, 0.014f}, {0.12f, 0.14f, 0.15f});
}

}  // namespace

const Place& station() {
  static const Place place{
      "station",
      50,
      {{16, 7, 0, true}, {1, 10, 1, false}, {26, 9, 1, true}, {4, 9, 2, true}, {20, 10, 2, false}, {30, 8, 3, false}},
      &draw_empty,
      &draw_passage,
      &draw_front};
  return place;
}

}  // namespace weir::media
