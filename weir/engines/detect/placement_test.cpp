#include "weir/engines/detect/placement.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace weir::detect {
namespace {

Placement at(int width, int height, int x, int y, int w, int h) {
  return {.width = width, .height = height, .x = x, .y = y, .w = w, .h = h};
}

TEST(Placement, stretches_over_the_whole) {
  EXPECT_EQ(place(Fit::stretch, 1920, 1080, 352, 352), at(352, 352, 0, 0, 352, 352));
  EXPECT_EQ(place(Fit::stretch, 3, 7001, 352, 288), at(352, 288, 0, 0, 352, 288));
}

TEST(Placement, letterboxes_in_the_middle) {
  EXPECT_EQ(place(Fit::centre, 1920, 1080, 640, 640), at(640, 640, 0, 140, 640, 360));
  EXPECT_EQ(place(Fit::centre, 1080, 1920, 640, 640), at(640, 640, 140, 0, 360, 640));
  EXPECT_EQ(place(Fit::centre, 640, 640, 640, 640), at(640, 640, 0, 0, 640, 640));
  EXPECT_EQ(place(Fit::centre, 320, 240, 640, 640), at(640, 640, 0, 80, 640, 480));
  // 375·640/501 = 479.04; one line of 161 is on top.
  EXPECT_EQ(place(Fit::centre, 501, 375, 640, 640), at(640, 640, 0, 80, 640, 479));
  EXPECT_EQ(place(Fit::centre, 1920, 1080, 640, 352), at(640, 352, 7, 0, 626, 352));
}

TEST(Placement, pads_on_the_right_and_below) {
  EXPECT_EQ(place(Fit::corner, 1920, 1080, 416, 416), at(416, 416, 0, 0, 416, 234));
  EXPECT_EQ(place(Fit::corner, 1080, 1920, 416, 416), at(416, 416, 0, 0, 234, 416));
}

TEST(Placement, never_vanishes) {
  EXPECT_EQ(place(Fit::centre, 10'000, 1, 640, 640), at(640, 640, 0, 319, 640, 1));
  EXPECT_EQ(place(Fit::corner, 1, std::numeric_limits<int>::max(), 640, 640), at(640, 640, 0, 0, 1, 640));
}

TEST(Placement, the_way_back_is_exact_at_the_edges) {
  for (const Fit fit : {Fit::stretch, Fit::centre, Fit::corner}) {
    for (const auto& [w, h] : {std::pair{1920, 1080}, {1080, 1920}, {501, 375}, {641, 479}, {7, 3}, {352, 352}}) {
      const Placement p = place(fit, w, h, 640, 352);
      const Area whole{static_cast<float>(p.x), static_cast<float>(p.y), static_cast<float>(p.w),
                       static_cast<float>(p.h)};
      EXPECT_EQ(to_source(p, w, h, whole), (Area{0, 0, static_cast<float>(w), static_cast<float>(h)}));
      // The border belongs to no source pixel, and what reaches into it is cut.
      EXPECT_EQ(to_source(p, w, h, {-50, -50, 1000, 1000}), (Area{0, 0, static_cast<float>(w), static_cast<float>(h)}));
    }
  }
}

TEST(Placement, there_and_back_again) {
  constexpr std::uint32_t seed = 7;
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> size(8, 4000), side(32, 1280);
  std::uniform_real_distribution<double> part(0, 1);
  for (int i = 0; i < 2000; ++i) {
    const int w = size(random), h = size(random);
    const auto fit = static_cast<Fit>(i % 3);
    const Placement p = place(fit, w, h, side(random), side(random));
    ASSERT_GE(p.x, 0);
    ASSERT_GE(p.y, 0);
    ASSERT_LE(p.x + p.w, p.width);
    ASSERT_LE(p.y + p.h, p.height);
    ASSERT_TRUE(p.w == p.width || p.h == p.height);
    if (fit != Fit::stretch) {
      // One factor, up to the rounding of the smaller side.
      const double factor = std::min(static_cast<double>(p.width) / w, static_cast<double>(p.height) / h);
      ASSERT_NEAR(p.w, std::max(1.0, w * factor), 0.5 + 1e-9);
      ASSERT_NEAR(p.h, std::max(1.0, h * factor), 0.5 + 1e-9);
    }
    const double x = part(random) * w * 0.9, y = part(random) * h * 0.9;
    const double bw = (w - x) * (0.05 + 0.95 * part(random)), bh = (h - y) * (0.05 + 0.95 * part(random));
    const double across = static_cast<double>(p.w) / w, down = static_cast<double>(p.h) / h;
    const Area there{static_cast<float>(p.x + x * across), static_cast<float>(p.y + y * down),
                     static_cast<float>(bw * across), static_cast<float>(bh * down)};
    const Area back = to_source(p, w, h, there);
    const double slack = 1e-3 * std::max(w, h) / std::min({across, down, 1.0}) * 0.01 + 1e-2;
    ASSERT_NEAR(back.x, x, slack) << "seed " << seed << ", pass " << i;
    ASSERT_NEAR(back.y, y, slack);
    ASSERT_NEAR(back.w, bw, slack);
    ASSERT_NEAR(back.h, bh, slack);
    ASSERT_LE(back.x + back.w, static_cast<float>(w));
    ASSERT_LE(back.y + back.h, static_cast<float>(h));
  }
}

TEST(Placement, what_is_outside_has_no_area) {
  const Placement p = place(Fit::centre, 1920, 1080, 640, 640);
  EXPECT_EQ(to_source(p, 1920, 1080, {100, 10, 50, 100}).w, 0);
  EXPECT_EQ(to_source(p, 1920, 1080, {-90, 200, 50, 100}).w, 0);
  EXPECT_EQ(to_source(p, 1920, 1080, {100, 200, 0, 0}).h, 0);
  const Area huge = to_source(p, 1920, 1080, {-3e38F, -3e38F, 3.3e38F, 3.3e38F});
  EXPECT_EQ(huge, (Area{0, 0, 1920, 1080}));
}

}  // namespace
}  // namespace weir::detect
