#include "weir/engines/equalize/limiter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "weir/engines/equalize/test_sound.hpp"

namespace weir::equalize {
namespace {

constexpr double rate_hz = 48000;

double in_db(double factor) { return 20 * std::log10(factor); }

// The loudest place of a signal on a grid of `times` a sample, by a windowed sinc of `reach` samples to either side.
// Its own arithmetic, so that it shares no mistake with TruePeak.
double peak_of(const std::vector<float>& signal, int times, int reach) {
  std::vector<std::vector<double>> kernels;
  for (int phase = 0; phase < times; ++phase) {
    std::vector<double> kernel;
    for (int tap = 1 - reach; tap <= reach; ++tap) {
      const double at = tap - static_cast<double>(phase) / times, angle = std::numbers::pi * at;
      const double window = 0.5 + 0.5 * std::cos(angle / (reach + 1));
      kernel.push_back((at == 0 ? 1 : std::sin(angle) / angle) * window);
    }
    kernels.push_back(std::move(kernel));
  }
  double loudest = 0;
  const auto size = static_cast<std::size_t>(2 * reach);
  for (std::size_t first = 0; first + size <= signal.size(); ++first) {
    for (const auto& kernel : kernels) {
      double sum = 0;
      for (std::size_t tap = 0; tap < size; ++tap) sum += kernel[tap] * signal[first + tap];
      loudest = std::max(loudest, std::fabs(sum));
    }
  }
  return loudest;
}

double bs1770_peak(const std::vector<float>& signal) {
  TruePeak finder;
  float peaks[TruePeak::most_frames], loudest = 0;
  for (std::size_t at = 0; at < signal.size();) {
    const int some = static_cast<int>(std::min<std::size_t>(TruePeak::most_frames, signal.size() - at));
    finder.find(signal.data() + at, peaks, some);
    loudest = std::max(loudest, *std::max_element(peaks, peaks + some));
    at += static_cast<std::size_t>(some);
  }
  return loudest;
}

TestSound limited(TestSound sound, double ceiling_db = -1, double rate = rate_hz) {
  Limiter limiter(rate, ceiling_db);
  limiter.process(sound.left.data(), sound.right.data(), sound.frames());
  return sound;
}

TestSound both(std::vector<float> samples) {
  TestSound sound(0);
  sound.left = samples;
  sound.right = std::move(samples);
  return sound;
}

std::vector<float> signs_that_add_up() {
  std::vector<float> samples(6000);
  for (int start = 100; start < 5900; start += 777) {
    for (int i = -30; i < 30; ++i) {
      samples[static_cast<std::size_t>(start + i)] =
          std::sin(std::numbers::pi * (i - 0.5)) / (i - 0.5) > 0 ? 1.0F : -1.0F;
    }
  }
  return samples;
}

TEST(TruePeak, FindsWhatLiesBetweenTheSamples) {
  // A quarter of the rate, 45° off: every sample is 3 dB below the peak.
  const TestSound sound = sine(4800, 12000, rate_hz, 1, std::numbers::pi / 4);
  EXPECT_NEAR(*std::max_element(sound.left.begin(), sound.left.end()), std::sqrt(0.5), 1e-6);
  const std::vector<float> inside(sound.left.begin() + 500, sound.left.end() - 500);
  EXPECT_NEAR(in_db(bs1770_peak(sound.left) / peak_of(inside, 4, 64)), 0, 0.15);
  for (double f = 100; f < 20'000; f *= 1.31) {
    for (const double phase : {0.0, 0.3, 0.9, 1.5}) {
      std::vector<float> faded = sine(4800, f, rate_hz, 1, phase).left;
      for (std::size_t i = 0; i < faded.size(); ++i) {
        faded[i] *= static_cast<float>(std::sin(std::numbers::pi * static_cast<double>(i) / 4800));
      }
      EXPECT_NEAR(in_db(bs1770_peak(faded)), in_db(peak_of(faded, 4, 64)), 0.02) << f;
    }
  }
}

class WorstCase : public testing::TestWithParam<const char*> {
 protected:
  static TestSound sound() {
    const std::string name = GetParam();
    if (name == "noise") return noise(12'000, 1, 0.5F);
    if (name == "loud_noise") return noise(12'000, 2, 30);
    if (name == "bass") return sine(24'000, 40, rate_hz, 4);
    if (name == "between_samples") return sine(12'000, 12'000, rate_hz, 2, std::numbers::pi / 4);
    if (name == "high") return sine(12'000, 19'997, rate_hz, 3);
    if (name == "signs") return both(signs_that_add_up());
    std::vector<float> samples(12'000);
    std::mt19937 random(3);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (name == "square") samples[i] = (i / 48) % 2 ? 1.7F : -1.7F;
      if (name == "bits") samples[i] = random() % 2 ? 1.0F : -1.0F;
      if (name == "clicks") samples[i] = i % 900 == 500 ? 1000.0F : 0.1F;
      if (name == "largest") samples[i] = i % 900 == 500 ? std::numeric_limits<float>::max() : 0.1F;
    }
    return both(samples);
  }
};

TEST_P(WorstCase, StaysBelowTheCeiling) {
  const TestSound in = sound();
  for (const double ceiling_db : {-1.0, 0.0, -12.0}) {
    const TestSound out = limited(in, ceiling_db);
    const double ceiling = std::pow(10, ceiling_db / 20);
    EXPECT_GT(bs1770_peak(in.left), ceiling);
    EXPECT_LE(in_db(bs1770_peak(out.left) / ceiling), 0.001);
    EXPECT_LE(in_db(bs1770_peak(out.right) / ceiling), 0.001);
    if (std::string_view(GetParam()) != "largest") {
      EXPECT_GT(in_db(bs1770_peak(out.left) / ceiling), -1.2) << "turned down for nothing";
    }
    for (const float sample : out.left) ASSERT_LE(std::fabs(sample), static_cast<float>(ceiling));
  }
}

INSTANTIATE_TEST_SUITE_P(Limiter, WorstCase,
                         testing::Values("noise", "loud_noise", "bass", "between_samples", "high", "signs", "square",
                                         "bits", "clicks", "largest"),
                         [](const auto& one) { return std::string(one.param); });

// By a grid four times as fine and a filter five times as long.
TEST(Limiter, AFinerMeasureAgreesWithinWhatItStates) {
  const auto above = [](const TestSound& sound) {
    return in_db(peak_of(limited(sound).left, 16, 64) / std::pow(10, -1.0 / 20));
  };
  for (double f = 60; f < 20'100; f *= 1.37) EXPECT_LT(above(sine(4000, f, rate_hz, 2, 0.7)), 0.5) << f;
  for (const double f : {1000.0, 11'000.0, 19'000.0}) {
    TestSound burst = sine(4000, f, rate_hz, 0.5);
    for (std::size_t i = 2000; i < 2040; ++i) burst.left[i] *= 16;
    burst.right = burst.left;
    EXPECT_LT(above(burst), 0.7) << f;
  }
  EXPECT_LT(above(noise(12'000, 1, 0.5F)), 1);
  EXPECT_LT(above(both(signs_that_add_up())), 3.1);
}

TEST(Limiter, WhatIsBelowTheCeilingPassesToTheBit) {
  TestSound in = noise(9000, 4, 0.1F);
  Limiter limiter(rate_hz);
  const auto latency = static_cast<std::size_t>(limiter.latency_frames());
  EXPECT_NEAR(static_cast<double>(latency) / rate_hz, 0.0018, 0.0001);
  TestSound out = in;
  limiter.process(out.left.data(), out.right.data(), out.frames());
  for (std::size_t i = 0; i < latency; ++i) ASSERT_EQ(out.left[i], 0);
  for (std::size_t i = latency; i < out.left.size(); ++i) {
    ASSERT_EQ(out.left[i], in.left[i - latency]);
    ASSERT_EQ(out.right[i], in.right[i - latency]);
  }
  EXPECT_EQ(limiter.limited_frames(), 0u);
  EXPECT_EQ(limiter.take_lowest_factor(), 1);
}

TEST(Limiter, AfterAPeakItIsUnchangedAgain) {
  TestSound in = noise(200'000, 5, 0.1F);
  in.left[1000] = 4;
  Limiter limiter(rate_hz);
  TestSound out = in;
  limiter.process(out.left.data(), out.right.data(), out.frames());
  const auto latency = static_cast<std::size_t>(limiter.latency_frames());
  EXPECT_NEAR(out.left[1000 + latency], std::pow(10, -1.0 / 20), 1e-4);
  EXPECT_LT(out.right[1000 + latency], in.right[1000] * 0.3F) << "both sides are turned down alike";
  for (std::size_t i = 150'000; i < out.left.size(); ++i) ASSERT_EQ(out.left[i], in.left[i - latency]);
  EXPECT_GT(limiter.limited_frames(), 1000u);
  EXPECT_LT(limiter.take_lowest_factor(), 0.23F);
  EXPECT_EQ(limiter.take_lowest_factor(), 1);
}

TEST(Limiter, BlocksOfAnySizeGiveTheSame) {
  const TestSound in = noise(20'000, 6, 0.6F);
  std::vector<TestSound> results;
  for (const int block : {20'000, 1, 2, 63, 64, 65, 511, 512, 513, 8192}) {
    Limiter limiter(rate_hz);
    TestSound out = in;
    for (int at = 0; at < out.frames(); at += block) {
      limiter.process(out.left.data() + at, out.right.data() + at, std::min(block, out.frames() - at));
    }
    results.push_back(std::move(out));
  }
  for (const TestSound& result : results) EXPECT_EQ(result, results.front());
}

TEST(Limiter, EveryRate) {
  for (const double rate : {8000.0, 44'100.0, 48'000.0, 192'000.0, 768'000.0}) {
    const TestSound out = limited(noise(8000, 7, 1), -1, rate);
    EXPECT_LE(in_db(bs1770_peak(out.left)), -0.999) << rate;
  }
}

TEST(Limiter, WhatIsNoNumberIsSilence) {
  TestSound in = noise(4000, 8, 0.5F), clean = in;
  in.left[500] = std::numeric_limits<float>::quiet_NaN();
  in.right[700] = std::numeric_limits<float>::infinity();
  clean.left[500] = clean.right[700] = 0;
  EXPECT_EQ(limited(in), limited(clean));
}

TEST(Limiter, ResetForgets) {
  Limiter limiter(rate_hz);
  TestSound loud = noise(3000, 9, 2), sound = noise(3000, 10, 0.5F);
  const TestSound expected = limited(sound);
  limiter.process(loud.left.data(), loud.right.data(), loud.frames());
  limiter.reset();
  limiter.process(sound.left.data(), sound.right.data(), sound.frames());
  EXPECT_EQ(sound, expected);
}

TEST(SlidingMinimum, IsTheSmallestOfTheLast) {
  std::mt19937 random(11);
  for (const int length : {1, 2, 7, 8, 100}) {
    SlidingMinimum minimum(length);
    std::vector<float> all;
    for (int i = 0; i < 2000; ++i) {
      all.push_back(static_cast<float>(random() % 50));
      const auto first = all.end() - std::min<std::ptrdiff_t>(length, std::ssize(all));
      ASSERT_EQ(minimum.push(all.back()), *std::min_element(first, all.end())) << length;
    }
  }
}

}  // namespace
}  // namespace weir::equalize
