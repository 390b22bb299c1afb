#include "weir/media/responses/level.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/data.hpp"
#include "weir/media/responses/load.hpp"
#include "weir/media/responses/test_spectrum.hpp"

namespace weir::media {
namespace {

using enum Speaker;

ResponseSet impulses(std::vector<Response> responses, int rate_hz = 48000) {
  return {rate_hz, std::move(responses), "x"};
}

TEST(KWeighting, IsThatOfTheStandard) {
  EXPECT_NEAR(k_weighting_db(997), 0.691, 0.01);  // the constant of its formula takes just this back
  EXPECT_NEAR(k_weighting_db(10000), 4.0, 0.1);
  EXPECT_NEAR(k_weighting_db(38.135), -6.02, 0.1);  // the high-pass filter's corner, Q 0.5
  EXPECT_LT(k_weighting_db(10), -23);
}

TEST(Loudness, OfSimpleSetsIsWhatTheFormulaGives) {
  // One ear, as it is: 0 dB. Both ears: twice the power. Half the amplitude: a quarter of it.
  EXPECT_NEAR(loudness_db(impulses({{FL, {1}, {0}}})), 0, 1e-6);
  EXPECT_NEAR(loudness_db(impulses({{FC, {1}, {1}}})), 10 * std::log10(2), 1e-6);
  EXPECT_NEAR(loudness_db(impulses({{FL, {0.5F}, {0}}})), 20 * std::log10(0.5), 1e-6);
  // The mean over the speakers of 1, 1 and 1/2.
  EXPECT_NEAR(loudness_db(impulses({{FL, {1}, {0}}, {FR, {0}, {1}}, {FC, {0.5F}, {0.5F}}})),
              10 * std::log10((1 + 1 + 0.5) / 3), 1e-6);
  // Delay and rate do not matter, nor does the LFE.
  EXPECT_NEAR(loudness_db(impulses({{FL, {0, 0, 0, 1}, {0, 0, 0, 0}}}, 96000)), 0, 1e-6);
  EXPECT_NEAR(loudness_db(impulses({{FL, {1}, {0}}, {LFE, {9}, {9}}})), 0, 1e-6);
  EXPECT_EQ(loudness_db(impulses({})), -200);
}

// Two neighbours' difference takes the lows out, their sum the highs: by the weighted integral of 4·sin² or 4·cos².
TEST(Loudness, WeighsFrequenciesAsTheFormulaSays) {
  for (const float sign : {-1.F, 1.F}) {
    double weighted = 0, plain = 0;
    for (double octave = std::log2(20.0); octave < std::log2(20000.0); octave += 1e-4) {  // d(log f) is df/f
      const double f = std::exp2(octave), k = std::pow(10.0, k_weighting_db(f) / 10);
      const double half = std::numbers::pi * f / 48000;
      weighted += k * 4 * std::pow(sign < 0 ? std::sin(half) : std::cos(half), 2);
      plain += k;
    }
    EXPECT_NEAR(loudness_db(impulses({{FL, {1, sign}, {0, 0}}})), 10 * std::log10(weighted / plain), 0.1) << sign;
  }
}

TEST(Loudness, SetsScaledByItAreEquallyLoud) {
  const auto folder = weir::test::data("audio/hesuvi");
  if (!folder) GTEST_SKIP() << weir::test::no_data("audio/hesuvi");
  for (const char* name : {"atmos.wav", "hear.wav", "gsx-.wav", "ooyh0.wav"}) {
    const auto set = load_responses(*folder / name, *parse_layout("7.1"));
    ASSERT_TRUE(set) << set.error().line();
    const double before = loudness_db(*set);
    std::printf("%s: loudness %.2f dB, normalising gain %.2f dB\n", name, before, normalising_gain_db(*set));
    EXPECT_NEAR(loudness_db(scaled(*set, -before)), 0, 1e-4) << name;
  }
}

TEST(Normalising, BringsTheSumsLoudestFrequencyToThePeak) {
  // At the left ear 1 + 0.5 without frequency: 1.5; at the right one 1 - 1 at low, 1 + 1 at high frequencies.
  const ResponseSet set = impulses({{FL, {1, 0}, {1, 0}}, {FR, {0.5F, 0}, {0, -1}}});
  EXPECT_NEAR(normalising_gain_db(set), -0.1 - 20 * std::log10(2), 1e-6);
  EXPECT_NEAR(normalising_gain_db(set, -6), -6 - 20 * std::log10(2), 1e-6);
  EXPECT_NEAR(normalising_gain_db(scaled(set, normalising_gain_db(set))), 0, 1e-5);
  EXPECT_EQ(normalising_gain_db(impulses({{FL, {0}, {0}}})), 0);
}

TEST(Normalising, ATonesSumOverAllChannelsDoesNotClip) {
  const auto path = weir::test::data("audio/hesuvi/ooyh0.wav");
  if (!path) GTEST_SKIP() << weir::test::no_data("audio/hesuvi/ooyh0.wav");
  auto set = load_responses(*path, *parse_layout("7.1"));
  ASSERT_TRUE(set) << set.error().line();
  const ResponseSet level = scaled(*set, normalising_gain_db(*set));
  std::vector<float> sum(level.taps());
  for (const Response& r : level.responses) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += r.left[i];
  }
  for (double f = 20; f < 20000; f *= 1.01) EXPECT_LE(test::response_db(sum, f, level.rate_hz), 0.01) << f;
}

}  // namespace
}  // namespace weir::media
