#include "weir/engines/motion/luma_scale.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

#include "weir/core/hot_path.hpp"

namespace weir::motion {
namespace {

struct Picture {
  int width, height;
  std::vector<std::uint8_t> pixels;
  Picture(int w, int h) : width(w), height(h), pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h)) {}
  std::uint8_t& at(int x, int y) { return pixels[static_cast<std::size_t>(y * width + x)]; }
  LumaView view() const { return {pixels.data(), width, width, height}; }
};

Picture noise(int width, int height, unsigned seed) {
  Picture picture(width, height);
  std::mt19937 random(seed);
  for (auto& pixel : picture.pixels) pixel = static_cast<std::uint8_t>(random());
  return picture;
}

// Slow waves: what an area average and a few samples of the area must agree on.
Picture waves(int width, int height) {
  Picture picture(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double wave = std::sin(6.3 * 4 * x / width) + std::cos(6.3 * 3 * y / height);
      picture.at(x, y) = static_cast<std::uint8_t>(128 + 50 * wave);
    }
  }
  return picture;
}

std::vector<std::uint8_t> bytes(const LumaView& view) {
  std::vector<std::uint8_t> result;
  for (int y = 0; y < view.height; ++y) result.insert(result.end(), view.row(y), view.row(y) + view.width);
  return result;
}

std::vector<std::uint8_t> scaled(const LumaView& view, Size limit, const ScaleKernels& kernels = best_scale_kernels()) {
  LumaScale scale(view, limit, kernels);
  return bytes(scale.scale(view));
}

TEST(Fit, keeps_the_aspect_and_never_enlarges) {
  EXPECT_EQ(fit({1920, 1080}, {640, 360}), (Size{640, 360}));
  EXPECT_EQ(fit({768, 432}, {640, 360}), (Size{640, 360}));
  EXPECT_EQ(fit({704, 576}, {640, 360}), (Size{440, 360}));
  EXPECT_EQ(fit({1080, 1920}, {640, 360}), (Size{203, 360}));
  EXPECT_EQ(fit({320, 240}, {640, 360}), (Size{320, 240}));
  EXPECT_EQ(fit({48, 48}, {640, 360}), (Size{48, 48}));
  EXPECT_EQ(fit({10000, 1}, {640, 360}), (Size{640, 1}));
}

TEST(LumaScale, the_fast_and_the_portable_path_give_the_same_bytes) {
  const auto& fast = best_scale_kernels();
  const auto& portable = portable_scale_kernels();
  if (&fast == &portable) GTEST_SKIP() << "this machine has the portable path only";
  std::mt19937 random(7);
  const auto source = noise(2048, 2, 11);
  for (std::size_t n = 0; n < 600; n += 1 + random() % 7) {
    const std::uint8_t* in = source.pixels.data() + random() % 64;
    const int shift = static_cast<int>(random() % 9);
    std::vector<std::uint8_t> expected(n + 1, 77), got(n + 1, 77);
    const auto same = [&](const char* what, auto&& call) {
      call(portable, expected.data());
      call(fast, got.data());
      EXPECT_EQ(expected, got) << what << " of " << n;
      EXPECT_EQ(got[n], 77) << what << " wrote beyond its end";
    };
    same("average_rows", [&](auto& k, auto* out) { k.average_rows(in, in + 1000, out, n); });
    same("halve", [&](auto& k, auto* out) { k.halve(in, out, n); });
    same("third", [&](auto& k, auto* out) { k.third(in, out, n); });
    same("narrow", [&](auto& k, auto* out) { k.narrow(in, shift, out, n); });
    same("every_other", [&](auto& k, auto* out) { k.every_other(in, out, n); });
  }
}

TEST(LumaScale, a_picture_that_fits_is_left_as_it_is) {
  const auto picture = noise(320, 240, 3);
  EXPECT_EQ(scaled(picture.view(), {640, 360}), picture.pixels);
}

TEST(LumaScale, is_close_to_the_mean_of_each_area_at_every_factor) {
  for (const auto& [width, height] : {std::pair{1280, 720},
                                      {1920, 1080},
                                      {2560, 1440},
                                      {3840, 2160},
                                      {7680, 4320},
                                      {768, 432},
                                      {704, 576},
                                      {1366, 768},
                                      {1281, 721},
                                      {641, 361},
                                      {1080, 1920}}) {
    auto picture = waves(width, height);
    LumaScale scale(picture.view(), {640, 360});
    const auto small = scale.scale(picture.view());
    ASSERT_EQ((Size{small.width, small.height}), scale.size());
    double worst = 0;
    for (int y = 0; y < small.height; ++y) {
      for (int x = 0; x < small.width; ++x) {
        const int left = x * width / small.width, right = std::max(left + 1, (x + 1) * width / small.width);
        const int top = y * height / small.height, bottom = std::max(top + 1, (y + 1) * height / small.height);
        double sum = 0;
        for (int v = top; v < bottom; ++v) {
          for (int u = left; u < right; ++u) sum += picture.at(u, v);
        }
        worst = std::max(worst, std::abs(sum / ((right - left) * (bottom - top)) - small.row(y)[x]));
      }
    }
    EXPECT_LE(worst, 6.0) << width << "x" << height;
  }
}

TEST(LumaScale, averages_noise_away_rather_than_picking_single_pixels) {
  const auto picture = noise(1920, 1080, 5);
  const auto small = scaled(picture.view(), {640, 360});
  double sum = 0, squares = 0;
  for (const auto pixel : small) sum += pixel, squares += pixel * pixel;
  const double mean = sum / static_cast<double>(small.size());
  const double deviation = std::sqrt(squares / static_cast<double>(small.size()) - mean * mean);
  // Single pixels of this noise deviate by 74 levels, means of 6 with weights 1 2 1 by 32.
  EXPECT_LT(deviation, 36);
}

TEST(LumaScale, reads_the_same_picture_from_every_layout) {
  for (const auto& [width, height] : {std::pair{1920, 1080}, {1280, 720}, {768, 432}, {321, 239}, {3840, 2160}}) {
    const Size limit{640, 360};
    const auto picture = noise(width, height, 9);
    const auto expected = scaled(picture.view(), limit);
    const auto pixels = picture.pixels.size();

    std::vector<std::uint8_t> wide(pixels * 2), packed(pixels * 2, 200), padded;
    for (const int shift : {2, 8}) {
      for (std::size_t i = 0; i < pixels; ++i) {
        const unsigned sample = static_cast<unsigned>(picture.pixels[i]) << shift | (shift == 2 ? i & 3 : i & 255);
        wide[2 * i] = static_cast<std::uint8_t>(sample);
        wide[2 * i + 1] = static_cast<std::uint8_t>(sample >> 8);
      }
      EXPECT_EQ(scaled({wide.data(), width * 2, width, height, 2, 2, shift}, limit), expected) << "16 bits, " << shift;
    }
    for (std::size_t i = 0; i < pixels; ++i) packed[2 * i] = picture.pixels[i];
    EXPECT_EQ(scaled({packed.data(), width * 2, width, height, 2}, limit), expected) << "YUYV";
    for (std::size_t i = 0; i < pixels; ++i) std::swap(packed[2 * i], packed[2 * i + 1]);
    EXPECT_EQ(scaled({packed.data() + 1, width * 2, width, height, 2}, limit), expected) << "UYVY";

    const std::ptrdiff_t stride = width + 37;
    padded.assign(static_cast<std::size_t>(stride * height), 99);
    for (int y = 0; y < height; ++y) {
      std::copy_n(picture.view().row(y), width, padded.begin() + stride * (height - 1 - y));
    }
    EXPECT_EQ(scaled({padded.data() + stride * (height - 1), -stride, width, height}, limit), expected) << "bottom-up";
  }
}

TEST(LumaScale, allocates_nothing_per_frame) {
  HotPath path("test.scale", HotPath::Kind::own, 0);
  for (const auto& [width, height] : {std::pair{1920, 1080}, {704, 576}, {3840, 2160}}) {
    const auto picture = noise(width, height, 1);
    LumaScale scale(picture.view(), {640, 360});
    const HotPath::Scope scope(path);
    scale.scale(picture.view());
  }
  EXPECT_EQ(path.report().passes, 3U);
  EXPECT_EQ(path.report().bytes, 0U);
}

TEST(LumaScaleDeathTest, refuses_a_picture_of_another_layout) {
  const auto picture = noise(64, 64, 1);
  LumaScale scale(picture.view(), {32, 32});
  auto other = picture.view();
  other.width = 32;
  EXPECT_DEATH(scale.scale(other), "layout");
}

}  // namespace
}  // namespace weir::motion
