#include <array>
#include <cmath>
#include <numbers>

#include "weir/media/demo_place.hpp"

namespace weir::media {
namespace {

constexpr Color skin_tones[] = {{0.93f, 0.76f, 0.64f}, {0.76f, 0.55f, 0.41f}, {0.52f, 0.35f, 0.25f}};
constexpr Color dark{0.10f, 0.10f, 0.12f};

float turn(float phase) { return std::sin(2 * std::numbers::pi_v<float> * phase); }

}  // namespace

std::uint32_t scrambled(std::uint32_t value) {
  value ^= value >> 16;
  value *= 0x7feb352dU;
  value ^= value >> 15;
  value *= 0x846ca68bU;
  return value ^ value >> 16;
}

float noise(float x, float y, std::uint32_t seed) {
  const float fx = std::floor(x), fy = std::floor(y);
  auto corner = [&](int dx, int dy) {
    const auto ix = static_cast<std::uint32_t>(static_cast<int>(fx) + dx);
    const auto iy = static_cast<std::uint32_t>(static_cast<int>(fy) + dy);
    return static_cast<float>(scrambled(ix * 73856093u ^ iy * 19349663u ^ seed) & 0xffff) / 65535.0f;
  };
  float tx = x - fx, ty = y - fy;
  tx = tx * tx * (3 - 2 * tx), ty = ty * ty * (3 - 2 * ty);
  const float top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * tx;
  const float bottom = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * tx;
  return top + (bottom - top) * ty;
}

float cloudy(float x, float y, std::uint32_t seed) {
  return 0.55f * noise(x, y, seed) + 0.3f * noise(2.1f * x, 2.1f * y, seed + 1) +
         0.15f * noise(4.3f * x, 4.3f * y, seed + 2);
}

Color clothing(std::uint32_t look) {
  static constexpr std::array<Color, 8> all{{{0.82f, 0.20f, 0.22f},
                                             {0.16f, 0.36f, 0.70f},
                                             {0.95f, 0.77f, 0.22f},
                                             {0.16f, 0.52f, 0.42f},
                                             {0.92f, 0.92f, 0.90f},
                                             {0.52f, 0.26f, 0.60f},
                                             {0.90f, 0.47f, 0.16f},
                                             {0.15f, 0.17f, 0.24f}}};
  return all[look % all.size()];
}

Color paintwork(std::uint32_t look) {
  static constexpr std::array<Color, 6> all{{{0.75f, 0.10f, 0.13f},
                                             {0.90f, 0.91f, 0.93f},
                                             {0.13f, 0.30f, 0.58f},
                                             {0.93f, 0.70f, 0.12f},
                                             {0.10f, 0.42f, 0.36f},
                                             {0.16f, 0.17f, 0.20f}}};
  return all[look % all.size()];
}

float across(const Canvas& canvas, const Passage& p, float width) {
  const float way = canvas.aspect() + 2 * width;
  return (p.leftwards ? 1 - p.at : p.at) * way - width;
}

void draw_person(Canvas& c, Point ground, float h, float stride, bool leftwards, std::uint32_t look) {
  const float way = leftwards ? -1.0f : 1.0f;
  const float swing = turn(stride), lift = 0.012f * h * std::abs(swing);
  const Color coat = clothing(look >> 4), trousers = mix(clothing(look >> 9), dark, 0.65f);
  const Color skin = skin_tones[(look >> 14) % 3],
              hair = mix(dark, {0.55f, 0.38f, 0.2f}, static_cast<float>((look >> 17) & 3) / 4);
  c.glow({ground.x + 0.16f * h, ground.y}, {0.42f * h, 0.075f * h}, {0, 0, 0}, 0.55f);

  const Point hip{ground.x, ground.y - 0.47f * h - lift}, neck{ground.x + way * 0.02f * h, ground.y - 0.81f * h - lift};
  auto leg = [&](float s, float shade) {
    const Point knee{hip.x + way * (0.11f * s + 0.02f) * h, hip.y + 0.23f * h};
    const Point foot{hip.x + way * 0.2f * s * h, ground.y - 0.02f * h - 0.05f * h * std::max(0.0f, -s)};
    const Color color = mix(trousers, {0, 0, 0}, shade);
    c.capsule(hip, knee, 0.062f * h, 0.048f * h, color);
    c.capsule(knee, foot, 0.048f * h, 0.034f * h, color);
    c.capsule(foot, {foot.x + way * 0.06f * h, foot.y + 0.008f * h}, 0.026f * h, 0.022f * h, dark);
  };
  auto arm = [&](float s, float shade) {
    const Point shoulder{neck.x, neck.y + 0.05f * h};
    const Point elbow{shoulder.x + way * 0.09f * s * h, shoulder.y + 0.16f * h};
    const Point hand{elbow.x + way * (0.05f + 0.08f * s) * h, elbow.y + 0.13f * h};
    const Color color = mix(coat, {0, 0, 0}, shade);
    c.capsule(shoulder, elbow, 0.04f * h, 0.033f * h, color);
    c.capsule(elbow, hand, 0.033f * h, 0.026f * h, color);
    c.ellipse(hand, {0.026f * h, 0.026f * h}, skin);
  };
  arm(swing, 0.35f);
  leg(-swing, 0.35f);
  leg(swing, 0.05f);
  c.capsule(hip, {neck.x, neck.y + 0.05f * h}, 0.085f * h, 0.095f * h, coat);
  c.capsule({hip.x - way * 0.03f * h, hip.y}, {neck.x - way * 0.04f * h, neck.y + 0.07f * h}, 0.035f * h, 0.04f * h,
            mix(coat, {0, 0, 0}, 0.25f), 0.6f);
  c.capsule(neck, {neck.x, neck.y + 0.04f * h}, 0.03f * h, 0.03f * h, mix(skin, {0, 0, 0}, 0.15f));
  const Point head{neck.x + way * 0.012f * h, neck.y - 0.075f * h};
  c.ellipse(head, {0.062f * h, 0.076f * h}, skin);
  c.ellipse({head.x - way * 0.018f * h, head.y - 0.028f * h}, {0.06f * h, 0.056f * h}, hair);
  arm(-swing, 0.1f);
}

void draw_cyclist(Canvas& c, Point ground, float h, float stride, bool leftwards, std::uint32_t look) {
  const float way = leftwards ? -1.0f : 1.0f, wheel = 0.19f * h;
  const Color frame = paintwork(look >> 3), coat = clothing(look >> 6);
  c.glow({ground.x + 0.1f * h, ground.y}, {0.62f * h, 0.07f * h}, {0, 0, 0}, 0.55f);
  const Point rear{ground.x - way * 0.3f * h, ground.y - wheel}, front{ground.x + way * 0.3f * h, ground.y - wheel};
  for (const Point hub : {rear, front}) {
    for (int i = 0; i < 20; ++i) {
      const float a = 0.314159f * static_cast<float>(i), b = a + 0.314159f;
      c.capsule({hub.x + wheel * std::cos(a), hub.y + wheel * std::sin(a)},
                {hub.x + wheel * std::cos(b), hub.y + wheel * std::sin(b)}, 0.016f * h, 0.016f * h, dark);
    }
  }
  const Point crank{ground.x - way * 0.02f * h, ground.y - 0.19f * h},
      seat{ground.x - way * 0.13f * h, ground.y - 0.52f * h};
  const Point bar{ground.x + way * 0.22f * h, ground.y - 0.58f * h};
  for (const auto& [a, b] :
       {std::pair{rear, crank}, {crank, seat}, {seat, rear}, {crank, bar}, {seat, bar}, {bar, front}}) {
    c.capsule(a, b, 0.016f * h, 0.016f * h, frame);
  }
  for (const float half : {0.5f, 0.0f}) {
    const float angle = 2 * std::numbers::pi_v<float> * (stride + half) * way;
    const Point pedal{crank.x + 0.09f * h * std::cos(angle), crank.y + 0.09f * h * std::sin(angle)};
    const Point knee{(seat.x + pedal.x) / 2 + way * 0.13f * h, (seat.y + pedal.y) / 2 - 0.05f * h};
    const Color trousers = mix({0.18f, 0.2f, 0.3f}, {0, 0, 0}, half);
    c.capsule(seat, knee, 0.06f * h, 0.046f * h, trousers);
    c.capsule(knee, pedal, 0.046f * h, 0.032f * h, trousers);
  }
  const Point neck{ground.x + way * 0.06f * h, ground.y - 0.84f * h};
  c.capsule(seat, neck, 0.085f * h, 0.08f * h, coat);
  c.capsule({neck.x, neck.y + 0.05f * h}, bar, 0.036f * h, 0.026f * h, mix(coat, {0, 0, 0}, 0.2f));
  const Point head{neck.x + way * 0.06f * h, neck.y - 0.08f * h};
  c.ellipse(head, {0.06f * h, 0.072f * h}, skin_tones[look % 3]);
  c.ellipse({head.x - way * 0.01f * h, head.y - 0.035f * h}, {0.072f * h, 0.052f * h}, paintwork(look >> 11));
}

void draw_dog(Canvas& c, Point ground, float h, float stride, bool leftwards, std::uint32_t look) {
  const float way = leftwards ? -1.0f : 1.0f, swing = turn(stride);
  const Color fur = mix({0.45f, 0.28f, 0.14f}, {0.9f, 0.85f, 0.75f}, static_cast<float>(look & 7) / 7);
  c.glow({ground.x + 0.1f * h, ground.y}, {0.9f * h, 0.14f * h}, {0, 0, 0}, 0.5f);
  const Point back{ground.x - way * 0.45f * h, ground.y - 0.58f * h},
      chest{ground.x + way * 0.4f * h, ground.y - 0.6f * h};
  int i = 0;
  for (const Point hip : {back, chest, back, chest}) {
    const float s = (i == 0 || i == 3) ? swing : -swing;
    c.capsule(hip, {hip.x + way * 0.26f * s * h, ground.y - 0.05f * h}, 0.1f * h, 0.06f * h,
              mix(fur, {0, 0, 0}, i < 2 ? 0.35f : 0.1f));
    ++i;
  }
  c.capsule(back, chest, 0.19f * h, 0.22f * h, fur);
  c.capsule(back, {back.x - way * 0.3f * h, back.y - (0.25f + 0.1f * swing) * h}, 0.07f * h, 0.03f * h, fur);
  const Point head{chest.x + way * 0.24f * h, chest.y - 0.3f * h};
  c.capsule(chest, head, 0.14f * h, 0.12f * h, fur);
  c.ellipse(head, {0.17f * h, 0.16f * h}, fur);
  c.capsule(head, {head.x + way * 0.2f * h, head.y + 0.06f * h}, 0.1f * h, 0.07f * h, mix(fur, dark, 0.3f));
  c.capsule({head.x - way * 0.05f * h, head.y - 0.1f * h}, {head.x - way * 0.14f * h, head.y + 0.1f * h}, 0.06f * h,
            0.05f * h, mix(fur, dark, 0.5f));
}

void draw_car(Canvas& c, Point ground, float l, float roll, bool leftwards, std::uint32_t look) {
  const float way = leftwards ? -1.0f : 1.0f;
  const Color paint = paintwork(look >> 2), glass{0.20f, 0.27f, 0.33f};
  auto at = [&](float x, float y) { return Point{ground.x + way * x * l, ground.y - y * l}; };
  c.glow({ground.x, ground.y + 0.01f * l}, {0.62f * l, 0.085f * l}, {0, 0, 0}, 0.85f);
  const bool tall = (look & 1) != 0;
  const float roof = tall ? 0.40f : 0.345f;
  const Point body[] = {at(-0.5f, 0.08f),  at(-0.5f, 0.21f), at(-0.46f, 0.245f), at(0.28f, 0.245f),
                        at(0.47f, 0.205f), at(0.5f, 0.15f),  at(0.5f, 0.08f)};
  const Point cabin[] = {at(tall ? -0.47f : -0.40f, 0.235f), at(tall ? -0.42f : -0.27f, roof), at(0.06f, roof),
                         at(0.27f, 0.235f)};
  const Point window[] = {at(tall ? -0.42f : -0.33f, 0.245f), at(tall ? -0.385f : -0.245f, roof - 0.025f),
                          at(0.045f, roof - 0.025f), at(0.21f, 0.245f)};
  c.polygon(cabin, 4, paint);
  c.polygon(window, 4, glass);
  const Point shine[] = {at(-0.2f, 0.25f), at(-0.13f, roof - 0.03f), at(-0.07f, roof - 0.03f), at(-0.14f, 0.25f)};
  c.polygon(shine, 4, {0.75f, 0.85f, 0.92f}, 0.35f);
  c.capsule(at(-0.09f, 0.24f), at(-0.09f, roof - 0.02f), 0.012f * l, 0.012f * l, paint);
  c.polygon(body, 7, paint);
  c.capsule(at(-0.46f, 0.215f), at(0.36f, 0.215f), 0.012f * l, 0.012f * l, mix(paint, {1, 1, 1}, 0.45f), 0.7f);
  c.capsule(at(-0.46f, 0.095f), at(0.46f, 0.095f), 0.018f * l, 0.018f * l, mix(paint, {0, 0, 0}, 0.55f));
  for (const float x : {-0.29f, 0.30f}) {
    const Point hub = at(x, 0.075f);
    c.ellipse(hub, {0.085f * l, 0.085f * l}, dark);
    c.ellipse(hub, {0.045f * l, 0.045f * l}, {0.72f, 0.74f, 0.77f});
    for (int i = 0; i < 3; ++i) {
      const float a = 2.0944f * static_cast<float>(i) + roll * way;
      c.capsule(hub, {hub.x + 0.038f * l * std::cos(a), hub.y + 0.038f * l * std::sin(a)}, 0.008f * l, 0.008f * l, dark,
                0.8f);
    }
  }
  c.ellipse(at(0.475f, 0.175f), {0.022f * l, 0.02f * l}, {1.0f, 0.97f, 0.82f});
  c.ellipse(at(-0.49f, 0.19f), {0.014f * l, 0.024f * l}, {0.85f, 0.1f, 0.1f});
}

void draw_sailboat(Canvas& c, Point water, float h, float rock, bool leftwards, std::uint32_t look) {
  const float way = leftwards ? -1.0f : 1.0f, lean = 0.04f * turn(rock);
  auto at = [&](float x, float y) { return Point{water.x + (way * x + lean * y) * h, water.y - y * h}; };
  c.glow({water.x, water.y + 0.03f * h}, {0.42f * h, 0.07f * h}, {0.04f, 0.12f, 0.18f}, 0.7f);
  const Color sail = mix({0.98f, 0.97f, 0.93f}, clothing(look), 0.15f);
  const Point main[] = {at(-0.02f, 0.13f), at(-0.02f, 0.98f), at(-0.30f, 0.15f)};
  const Point jib[] = {at(0.03f, 0.15f), at(0.02f, 0.86f), at(0.34f, 0.12f)};
  c.polygon(jib, 3, mix(sail, {0.6f, 0.7f, 0.8f}, 0.25f));
  c.polygon(main, 3, sail);
  const Point stripe[] = {at(-0.02f, 0.5f), at(-0.02f, 0.6f), at(-0.145f, 0.5f)};
  c.polygon(stripe, 3, clothing(look >> 5));
  c.capsule(at(0, 0.05f), at(0, 1.0f), 0.009f * h, 0.006f * h, {0.35f, 0.26f, 0.18f});
  const Point hull[] = {at(-0.34f, 0.10f), at(0.40f, 0.12f), at(0.28f, -0.01f), at(-0.28f, -0.01f)};
  c.polygon(hull, 4, paintwork(look >> 8));
  c.capsule(at(-0.31f, 0.095f), at(0.36f, 0.11f), 0.012f * h, 0.012f * h, {0.95f, 0.93f, 0.88f});
  c.ellipse(at(-0.16f, 0.17f), {0.03f * h, 0.035f * h}, skin_tones[look % 3]);
  c.capsule(at(-0.16f, 0.10f), at(-0.16f, 0.13f), 0.035f * h, 0.03f * h, clothing(look >> 11));
}

void draw_motorboat(Canvas& c, Point water, float l, float rock, bool leftwards, std::uint32_t look) {
  const float way = leftwards ? -1.0f : 1.0f, lift = 0.02f * turn(rock);
  auto at = [&](float x, float y) { return Point{water.x + way * x * l, water.y - (y + lift * (x + 0.5f)) * l}; };
  for (int i = 0; i < 5; ++i) {
    const float back = 0.5f + 0.16f * static_cast<float>(i);
    c.glow(at(-back, -0.01f), {0.17f * l, 0.035f * l}, {0.95f, 0.98f, 1.0f}, 0.6f - 0.11f * static_cast<float>(i));
  }
  c.glow({water.x, water.y + 0.03f * l}, {0.6f * l, 0.07f * l}, {0.04f, 0.12f, 0.18f}, 0.7f);
  const Point hull[] = {at(-0.5f, 0.14f), at(0.54f, 0.20f), at(0.36f, 0), at(-0.46f, 0)};
  const Point cabin[] = {at(-0.22f, 0.15f), at(-0.2f, 0.32f), at(0.08f, 0.32f), at(0.2f, 0.17f)};
  const Point glass[] = {at(-0.14f, 0.2f), at(-0.13f, 0.29f), at(0.06f, 0.29f), at(0.14f, 0.2f)};
  c.polygon(cabin, 4, {0.94f, 0.94f, 0.92f});
  c.polygon(glass, 4, {0.18f, 0.28f, 0.36f});
  c.polygon(hull, 4, paintwork(look >> 4));
  c.capsule(at(-0.48f, 0.135f), at(0.5f, 0.19f), 0.012f * l, 0.012f * l, {0.95f, 0.95f, 0.93f});
  c.capsule(at(-0.02f, 0.32f), at(-0.02f, 0.46f), 0.008f * l, 0.005f * l, {0.85f, 0.85f, 0.85f});
}

void draw_tree(Canvas& c, Point ground, float h, std::uint32_t look) {
  c.glow({ground.x + 0.1f * h, ground.y}, {0.45f * h, 0.08f * h}, {0, 0, 0}, 0.5f);
  c.capsule({ground.x, ground.y}, {ground.x, ground.y - 0.5f * h}, 0.045f * h, 0.025f * h, {0.33f, 0.24f, 0.17f});
  for (std::uint32_t i = 0; i < 26; ++i) {
    const std::uint32_t r = scrambled(look * 31u + i);
    const float angle = static_cast<float>(r & 1023) / 163.0f, out = static_cast<float>((r >> 10) & 255) / 255;
    const Point p{ground.x + 0.26f * h * out * std::cos(angle),
                  ground.y - 0.68f * h + 0.24f * h * out * std::sin(angle)};
    const float sun = 0.5f + 0.5f * (-(p.x - ground.x) - (p.y - ground.y + 0.68f * h)) / (0.36f * h);
    const Color leaf = mix({0.10f, 0.25f, 0.12f}, {0.42f, 0.58f, 0.24f}, std::min(1.0f, std::max(0.0f, sun)));
    c.ellipse(p, {0.12f * h, 0.10f * h}, leaf, 0.85f);
  }
}

void draw_lamp(Canvas& c, Point ground, float h) {
  const Color iron{0.15f, 0.17f, 0.19f};
  c.capsule(ground, {ground.x, ground.y - h}, 0.018f * h, 0.012f * h, iron);
  c.capsule({ground.x, ground.y - h}, {ground.x + 0.13f * h, ground.y - 1.03f * h}, 0.012f * h, 0.012f * h, iron);
  c.ellipse({ground.x + 0.16f * h, ground.y - 1.02f * h}, {0.05f * h, 0.022f * h}, {1.0f, 0.93f, 0.72f});
  c.box({ground.x - 0.035f * h, ground.y - 0.05f * h}, {0.07f * h, 0.05f * h}, 0.01f * h, iron);
}

}  // namespace weir::media
