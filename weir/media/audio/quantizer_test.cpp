#include "weir/media/audio/quantizer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace weir::media {
namespace {

// The error in steps for a sound of one level.
struct Error {
  double mean = 0, variance = 0;
};

Error error_at(int bits, double level_steps) {
  constexpr int count = 200'000;
  const double step = std::exp2(1 - bits);
  const std::vector<float> in(count, static_cast<float>(level_steps * step));
  std::vector<std::int32_t> out(count);
  Quantizer quantizer(bits);
  quantizer.to_integers(in, out);
  Error error;
  for (const std::int32_t value : out) error.mean += (value - in[0] / step) / count;
  for (const std::int32_t value : out) error.variance += std::pow(value - in[0] / step - error.mean, 2) / count;
  return error;
}

// What makes triangular dither right: mean and variance of the error do not depend on the sound.
TEST(Quantizer, TheErrorIsNoiseOfAQuarterStepSquaredAtEveryLevel) {
  for (const int bits : {16, 24}) {
    for (const double level : {0.0, 0.25, 0.5, 0.75, 10.125, -3.375}) {
      const Error error = error_at(bits, level);
      EXPECT_NEAR(error.mean, 0, 0.005) << bits << " bits, level " << level;
      EXPECT_NEAR(error.variance, 0.25, 0.005) << bits << " bits, level " << level;
    }
  }
  EXPECT_EQ(error_at(32, 0.0).variance, 0) << "32 bits are not dithered";
}

// A sine of less than a step is silence or a square without dither; with it, it is there in the noise.
TEST(Quantizer, WhatIsSmallerThanAStepIsHeard) {
  constexpr int count = 1 << 18;
  std::vector<float> in(count);
  std::vector<std::int32_t> out(count);
  for (int i = 0; i < count; ++i) {
    in[static_cast<std::size_t>(i)] = static_cast<float>(0.4 / 32768 * std::sin(2 * std::numbers::pi * i / 128));
  }
  Quantizer quantizer(16);
  quantizer.to_integers(in, out);
  double sine = 0, third = 0;
  for (int i = 0; i < count; ++i) {
    sine += out[static_cast<std::size_t>(i)] * std::sin(2 * std::numbers::pi * i / 128) * 2 / count;
    third += out[static_cast<std::size_t>(i)] * std::sin(6 * std::numbers::pi * i / 128) * 2 / count;
  }
  EXPECT_NEAR(sine, 0.4, 0.01);
  EXPECT_NEAR(third, 0, 0.01);
}

TEST(Quantizer, NeighboursInNoiseAreNotAlike) {
  const std::vector<float> in(100'000, 0.0F);
  std::vector<std::int32_t> out(in.size());
  Quantizer quantizer(16);
  quantizer.to_integers(in, out);
  double together = 0;
  for (std::size_t i = 1; i < out.size(); ++i) together += static_cast<double>(out[i]) * out[i - 1];
  EXPECT_NEAR(together / static_cast<double>(out.size()) / 0.25, 0, 0.02);
}

TEST(Quantizer, EveryRunIsTheSame) {
  const std::vector<float> in(1000, 0.3F);
  std::vector<std::int32_t> once(1000), again(1000);
  Quantizer(16).to_integers(in, once);
  Quantizer parts(16);
  parts.to_integers(std::span(in).first(300), std::span(again).first(300));
  parts.to_integers(std::span(in).subspan(300), std::span(again).subspan(300));
  EXPECT_EQ(once, again);
}

TEST(Quantizer, ClampsAndCounts) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
  const std::vector<float> in = {1, -1, 1.5F, -40, nan, infinite, -infinite, 0.5F, 3e38F};
  for (const int bits : {16, 24, 32}) {
    std::vector<std::int32_t> out(in.size());
    Quantizer quantizer(bits);
    quantizer.to_integers(in, out);
    const double full = std::exp2(bits - 1), slack = bits == 32 ? 0 : 2;
    EXPECT_NEAR(out[0], full - 1, slack);
    EXPECT_NEAR(out[1], -full, slack);
    EXPECT_EQ(out[2], full - 1);
    EXPECT_EQ(out[3], -full);
    for (const std::size_t i : {4U, 5U, 6U}) EXPECT_NEAR(out[i], 0, slack);
    EXPECT_NEAR(out[7], full / 2, slack);
    EXPECT_EQ(out[8], full - 1);
    EXPECT_EQ(quantizer.clipped(), 3u) << "full scale itself is none";
    EXPECT_EQ(quantizer.not_finite(), 3u);
    EXPECT_EQ(quantizer.peak(), 3e38F);
  }
  std::vector<float> floats(in.size());
  Quantizer quantizer(0);
  quantizer.to_floats(in, floats);
  EXPECT_EQ(floats, (std::vector<float>{1, -1, 1.5F, -40, 0, 0, 0, 0.5F, 3e38F}));
  EXPECT_EQ(quantizer.clipped(), 3u);
  EXPECT_EQ(quantizer.not_finite(), 3u);
}

}  // namespace
}  // namespace weir::media
