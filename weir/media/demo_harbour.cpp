#include <algorithm>
#include <cmath>

#include "weir/media/demo_place.hpp"

namespace weir::media {
namespace {

constexpr float horizon = 0.36f, quay = 0.86f;

void draw_empty(Canvas& c, std::uint32_t seed) {
  const float edge = c.aspect();
  const float sun = 0.72f * edge;
  c.paint([&](float x, float y) {
    const float hill = horizon - 0.03f -
                       0.12f * cloudy(x * 2.1f, 1.5f, seed + 9) *
                           (x < 0.5f * edge ? 1.0f : std::max(0.25f, 1 - 2.5f * (x - 0.5f * edge)));
    if (y < horizon && y > hill) {
      const float haze = (y - hill) / (horizon - hill);
      const Color rock = mix({0.33f, 0.36f, 0.48f}, {0.55f, 0.50f, 0.54f}, haze);
      return mix(rock, {0.28f, 0.33f, 0.40f}, 0.35f * noise(x * 60, y * 90, seed + 2));
    }
    if (y < horizon) {
      const Color sky = mix({0.30f, 0.42f, 0.66f}, {0.99f, 0.76f, 0.55f}, std::pow(y / horizon, 1.4f));
      const float cloud = std::max(0.0f, cloudy(1.5f * x, 9 * y, seed) - 0.5f) * 1.5f;
      return mix(sky, {1.0f, 0.82f, 0.72f}, cloud);
    }
    if (y < quay) {
      const float deep = (y - horizon) / (quay - horizon);
      // Waves are flatter and closer towards the horizon.
      const float wave = noise(x * 13, 22 * std::log(deep + 0.06f), seed) - 0.5f;
      const Color sea = mix({0.55f, 0.55f, 0.60f}, {0.10f, 0.27f, 0.38f}, std::pow(deep, 0.6f));
      const float glitter = std::exp(-std::abs(x - sun) * (5 - 3 * deep)) * std::clamp(0.3f + 1.6f * wave, 0.0f, 1.0f);
      return mix(mix(sea, {0.75f, 0.85f, 0.92f}, std::clamp(0.35f * wave, 0.0f, 1.0f)), {1.0f, 0.82f, 0.58f},
                 0.75f * glitter);
    }
    const float row = std::floor((y - quay) * 28),
                stone = std::fmod(x * 6 + (std::fmod(row, 2.0f) != 0 ? 0.5f : 0.0f), 1.0f);
    const float joint = (stone < 0.025f || std::fmod((y - quay) * 28, 1.0f) < 0.08f) ? -0.12f : 0.0f;
    const float v =
        0.50f + joint + 0.10f * (noise(x * 120, y * 120, seed) - 0.5f) + 0.08f * (noise(x * 6 + row, row, seed) - 0.5f);
    return Color{v * 1.04f, v, v * 0.92f};
  });
  c.ellipse({sun, horizon - 0.07f}, {0.045f, 0.045f}, {1.0f, 0.93f, 0.78f});
  c.glow({sun, horizon - 0.07f}, {0.5f, 0.32f}, {1.0f, 0.88f, 0.65f}, 0.6f);
  // A lighthouse on its rock.
  const float foot = horizon + 0.012f, top = 0.13f;
  c.glow({0.245f, horizon + 0.03f}, {0.28f, 0.03f}, {0.05f, 0.12f, 0.18f}, 0.7f);
  c.ellipse({0.245f, horizon + 0.015f}, {0.17f, 0.03f}, {0.30f, 0.29f, 0.30f});
  c.ellipse({0.22f, horizon}, {0.09f, 0.03f}, {0.38f, 0.36f, 0.36f});
  auto ring = [&](float from, float to, Color color) {
    auto half = [&](float y) { return 0.023f + 0.017f * (y - top) / (foot - top); };
    const Point corners[] = {
        {0.245f - half(to), to}, {0.245f - half(from), from}, {0.245f + half(from), from}, {0.245f + half(to), to}};
    c.polygon(corners, 4, color);
  };
  ring(top, foot, {0.95f, 0.93f, 0.90f});
  for (const float y : {0.155f, 0.23f, 0.305f}) ring(y, y + 0.037f, {0.78f, 0.18f, 0.17f});
  c.capsule({0.262f, top}, {0.27f, foot}, 0.010f, 0.012f, {0, 0, 0}, 0.18f);
  c.box({0.218f, 0.115f}, {0.054f, 0.017f}, 0.003f, {0.22f, 0.22f, 0.25f});
  c.box({0.228f, 0.08f}, {0.034f, 0.037f}, 0.003f, {1.0f, 0.92f, 0.65f});
  c.ellipse({0.245f, 0.08f}, {0.022f, 0.014f}, {0.70f, 0.16f, 0.15f});
  // Moored boats: part of the place, they do not move.
  draw_sailboat(c, {0.80f * edge, 0.74f}, 0.42f, 0, true, seed + 77);
  draw_motorboat(c, {0.55f * edge, 0.815f}, 0.30f, 0, false, seed + 5);
  for (float x = 0.12f; x < edge; x += 0.38f) {
    c.glow({x + 0.02f, quay + 0.028f}, {0.06f, 0.014f}, {0, 0, 0}, 0.6f);
    c.box({x - 0.016f, quay - 0.02f}, {0.032f, 0.05f}, 0.01f, {0.17f, 0.17f, 0.19f});
    c.ellipse({x, quay - 0.02f}, {0.024f, 0.010f}, {0.25f, 0.25f, 0.27f});
  }
}

void draw_passage(Canvas& c, const Passage& p) {
  switch (p.lane) {
    case 0: return draw_sailboat(c, {across(c, p, 0.2f), 0.45f}, 0.20f, p.seconds * 0.3f, p.leftwards, p.look);
    case 1: return draw_motorboat(c, {across(c, p, 0.4f), 0.58f}, 0.28f, p.seconds * 1.1f, p.leftwards, p.look);
    case 2: return draw_sailboat(c, {across(c, p, 0.3f), 0.68f}, 0.40f, p.seconds * 0.3f, p.leftwards, p.look);
    case 3: return draw_dog(c, {across(c, p, 0.2f), 0.93f}, 0.10f, p.seconds * 2.0f, p.leftwards, p.look);
    default: return draw_person(c, {across(c, p, 0.2f), 0.965f}, 0.34f, p.seconds * 0.9f, p.leftwards, p.look);
  }
}

void draw_front(Canvas& c) { draw_lamp(c, {0.35f * c.aspect(), 0.975f}, 0.55f); }

}  // namespace

const Place& harbour() {
  static const Place place{"harbour",
                           56,
                           {{1, 20, 0, false},
                            {6, 6, 1, true},
                            {36, 6, 1, false},
                            {23, 14, 2, true},
                            {10, 6, 3, false},
                            {9, 9, 4, false},
                            {28, 10, 4, true}},
                           &draw_empty,
                           &draw_passage,
                           &draw_front};
  return place;
}

}  // namespace weir::media
