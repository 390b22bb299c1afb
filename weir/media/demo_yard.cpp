#include <algorithm>
#include <cmath>

#include "weir/media/demo_place.hpp"

namespace weir::media {
namespace {

void draw_empty(Canvas& c, std::uint32_t seed) {
  const float edge = c.aspect();
  c.paint([&](float x, float y) {
    if (y < 0.36f) {
      const float cloud = std::max(0.0f, cloudy(1.7f * x, 5 * y, seed) - 0.5f) * 1.9f;
      return mix(mix({0.36f, 0.60f, 0.88f}, {0.80f, 0.90f, 0.96f}, y / 0.36f), {1, 1, 1}, cloud);
    }
    const float blade = noise(x * 160, y * 70, seed) - 0.5f, patch = cloudy(x * 5, y * 9, seed + 3) - 0.5f;
    const Color grass = mix({0.26f, 0.44f, 0.18f}, {0.52f, 0.66f, 0.28f},
                            std::clamp(0.35f + 0.7f * patch + 0.45f * blade + 0.3f * (y - 0.4f), 0.0f, 1.0f));
    // A gravel path that winds to the house.
    const float middle = 0.60f * edge + 0.13f * std::sin(7 * y) - 0.5f * (y - 0.45f),
                half = 0.03f + 0.12f * (y - 0.42f);
    const float on = std::clamp((half - std::abs(x - middle)) * 60, 0.0f, 1.0f);
    const float v = 0.70f + 0.16f * blade;
    return y < 0.46f ? grass : mix(grass, {v, v * 0.93f, v * 0.82f}, on);
  });
  for (std::uint32_t i = 0; i < 40; ++i) {
    const std::uint32_t r = scrambled(seed * 3u + i);
    const float x = edge * static_cast<float>(i) / 39, h = 0.09f + static_cast<float>(r & 63) / 900;
    c.ellipse({x, 0.39f}, {0.06f, h},
              mix({0.13f, 0.28f, 0.15f}, {0.28f, 0.43f, 0.20f}, static_cast<float>((r >> 6) & 7) / 7));
  }
  // The house with its porch.
  const float left = 0.52f * edge;
  c.glow({left + 0.3f, 0.475f}, {0.5f, 0.05f}, {0, 0, 0}, 0.6f);
  c.box({left, 0.2f}, {0.52f, 0.27f}, 0, {0.90f, 0.86f, 0.77f});
  for (float y = 0.22f; y < 0.47f; y += 0.02f) c.box({left, y}, {0.52f, 0.003f}, 0, {0.76f, 0.72f, 0.63f}, 0.7f);
  const Point roof[] = {{left - 0.05f, 0.21f}, {left + 0.1f, 0.05f}, {left + 0.42f, 0.05f}, {left + 0.57f, 0.21f}};
  c.polygon(roof, 4, {0.52f, 0.25f, 0.20f});
  for (int i = 1; i < 6; ++i) {
    const float y = 0.05f + 0.027f * static_cast<float>(i), inset = 0.15f * (0.21f - y) / 0.16f;
    c.box({left - 0.05f + inset, y}, {0.62f - 2 * inset, 0.004f}, 0, {0.37f, 0.16f, 0.13f}, 0.6f);
  }
  for (const float x : {0.05f, 0.37f}) {
    c.box({left + x - 0.008f, 0.262f}, {0.116f, 0.116f}, 0.004f, {0.98f, 0.97f, 0.94f});
    c.box({left + x, 0.27f}, {0.1f, 0.1f}, 0.003f, {0.35f, 0.46f, 0.55f});
    c.box({left + x + 0.047f, 0.27f}, {0.006f, 0.1f}, 0, {0.98f, 0.97f, 0.94f});
    c.box({left + x, 0.317f}, {0.1f, 0.006f}, 0, {0.98f, 0.97f, 0.94f});
  }
  c.box({left + 0.215f, 0.29f}, {0.09f, 0.18f}, 0.006f, {0.20f, 0.38f, 0.36f});
  c.ellipse({left + 0.29f, 0.385f}, {0.006f, 0.006f}, {0.95f, 0.8f, 0.35f});
  // Fence, tree, flower bed.
  for (float x = 0.0f; x < left - 0.02f; x += 0.045f) {
    c.box({x, 0.40f}, {0.026f, 0.11f}, 0.01f, {0.93f, 0.92f, 0.88f});
    c.box({x + 0.02f, 0.41f}, {0.006f, 0.10f}, 0, {0.70f, 0.69f, 0.66f}, 0.8f);
  }
  c.box({0, 0.43f}, {left - 0.02f, 0.012f}, 0, {0.87f, 0.86f, 0.82f});
  c.box({0, 0.475f}, {left - 0.02f, 0.012f}, 0, {0.87f, 0.86f, 0.82f});
  draw_tree(c, {0.2f * edge, 0.60f}, 0.58f, seed + 11);
  for (std::uint32_t i = 0; i < 70; ++i) {
    const std::uint32_t r = scrambled(seed * 5u + i);
    const Point p{left - 0.03f + static_cast<float>(r & 255) / 255 * 0.22f,
                  0.485f + static_cast<float>((r >> 8) & 63) / 63 * 0.035f};
    c.ellipse({p.x, p.y + 0.008f}, {0.009f, 0.010f}, {0.18f, 0.40f, 0.15f});
    c.ellipse(p, {0.007f, 0.007f}, clothing(r >> 14));
  }
  c.glow({edge * 0.9f, 0.02f}, {0.8f, 0.6f}, {1.0f, 0.95f, 0.78f}, 0.4f);
}

void draw_passage(Canvas& c, const Passage& p) {
  switch (p.lane) {
    case 0: return draw_person(c, {across(c, p, 0.15f), 0.56f}, 0.24f, p.seconds * 0.9f, p.leftwards, p.look);
    case 1:
      return draw_dog(c, {across(c, p, 0.2f), 0.70f + 0.02f * std::sin(p.seconds)}, 0.11f, p.seconds * 2.1f,
                      p.leftwards, p.look);
    case 2: {
      // Comes up the path to the door and grows smaller on the way.
      const float t = p.leftwards ? 1 - p.at : p.at;
      const float y = 1.08f - 0.56f * t,
                  x = 0.60f * c.aspect() + 0.13f * std::sin(7 * std::min(y, 1.0f)) - 0.5f * (y - 0.45f);
      return draw_person(c, {x, y}, 0.46f - 0.27f * t, p.seconds * 0.9f, false, p.look);
    }
    default: return draw_person(c, {across(c, p, 0.25f), 0.95f}, 0.44f, p.seconds * 0.85f, p.leftwards, p.look);
  }
}

void draw_front(Canvas& c) {
  for (std::uint32_t i = 0; i < 9; ++i) {
    const float x = 0.055f * static_cast<float>(i);
    c.ellipse({x, 1.02f}, {0.06f, 0.055f + 0.012f * static_cast<float>(i * 7 % 5)}, {0.14f, 0.30f, 0.13f});
  }
}

}  // namespace

const Place& yard() {
  static const Place place{
      "yard",
      44,
      {{2, 10, 0, true}, {26, 9, 0, false}, {5, 5, 1, false}, {27, 4.5, 1, false}, {14, 8, 2, false}, {32, 7, 3, true}},
      &draw_empty,
      &draw_passage,
      &draw_front};
  return place;
}

}  // namespace weir::media
