#include "weir/media/responses/convert_rate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/support/data.hpp"
#include "weir/media/responses/load.hpp"
#include "weir/media/responses/test_spectrum.hpp"

namespace weir::media {
namespace {

using enum Speaker;
using test::later_s;
using test::response_db;

// Like a measured one: noise that dies away, later and weaker in the far ear.
ResponseSet decaying(int rate_hz) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  ResponseSet set{rate_hz, {{FL, std::vector<float>(1200), std::vector<float>(1200)}}, "noise"};
  Response& r = set.responses[0];
  float smooth = 0;
  for (std::size_t i = 40; i < 1170; ++i) {
    smooth = 0.5F * smooth + normal(random);
    r.left[i] = smooth * std::exp(-static_cast<float>(i) / 150);
    r.right[i + 25] = 0.4F * r.left[i];
  }
  return set;
}

void expect_same_response(const ResponseSet& before, const ResponseSet& after) {
  const double top = 0.9 * std::min(before.rate_hz, after.rate_hz) / 2;
  for (const Response& r : before.responses) {
    const Response* now = after.find(r.speaker);
    ASSERT_NE(now, nullptr);
    for (const double f : {30.0, 100.0, 440.0, 1000.0, 3000.0, 8000.0, 12000.0, 0.9 * top, top}) {
      if (f > top) continue;
      EXPECT_NEAR(response_db(now->left, f, after.rate_hz), response_db(r.left, f, before.rate_hz), 0.1)
          << f << " Hz, " << before.rate_hz << " to " << after.rate_hz;
    }
    for (const double f : {200.0, 700.0}) {
      EXPECT_NEAR(later_s(now->left, now->right, f, after.rate_hz), later_s(r.left, r.right, f, before.rate_hz), 1e-6);
    }
  }
}

TEST(ConvertRate, KeepsTheResponseAndTheDelayBetweenTheEars) {
  for (const auto& [from, to] : {std::pair{44100, 48000},
                                 {48000, 44100},
                                 {48000, 96000},
                                 {96000, 48000},
                                 {44100, 192000},
                                 {192000, 44100},
                                 {48000, 192000}}) {
    const ResponseSet before = decaying(from);
    const auto after = convert_rate(before, to);
    ASSERT_TRUE(after) << after.error().line();
    EXPECT_EQ(after->rate_hz, to);
    expect_same_response(before, *after);
  }
}

// One sample holds the highest frequencies too: what the filter rings before it must stay.
TEST(ConvertRate, KeepsOneSample) {
  const ResponseSet before{44100, {{FL, {1}, {0.5F}}}, "one"};
  for (const int to : {48000, 96000, 192000}) {
    const auto after = convert_rate(before, to);
    ASSERT_TRUE(after) << after.error().line();
    for (const double f : {20.0, 1000.0, 10000.0, 19000.0}) {
      EXPECT_NEAR(response_db(after->find(FL)->left, f, to), 0, 0.05) << f << " Hz at " << to;
      EXPECT_NEAR(response_db(after->find(FL)->right, f, to), 20 * std::log10(0.5), 0.05) << f << " Hz at " << to;
    }
  }
}

TEST(ConvertRate, KeepsTheTail) {
  ResponseSet before{48000, {{FL, std::vector<float>(500), std::vector<float>(500)}}, "tail"};
  before.responses[0].left[10] = 1, before.responses[0].left[499] = 0.5F;
  before.responses[0].right[20] = 0.5F, before.responses[0].right[480] = 0.1F;
  const auto after = convert_rate(before, 44100);
  ASSERT_TRUE(after) << after.error().line();
  expect_same_response(before, *after);
}

TEST(ConvertRate, AddsLittleDelay) {
  const auto after = convert_rate(decaying(44100), 48000);
  ASSERT_TRUE(after);
  EXPECT_LE(after->taps(), 1200U * 48000 / 44100 + 2 * 280);
}

TEST(ConvertRate, TheSameRateChangesNothingAndAbsurdOnesAreRefused) {
  const ResponseSet before = decaying(48000);
  const auto same = convert_rate(before, 48000);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->responses[0].left, before.responses[0].left);
  for (const int rate : {0, -1, 7999, 400000})
    EXPECT_EQ(convert_rate(before, rate).error().code, Code::invalid) << rate;
}

TEST(ConvertRate, KeepsRealSets) {
  const auto path = weir::test::data("audio/hesuvi/atmos.wav");
  if (!path) GTEST_SKIP() << weir::test::no_data("audio/hesuvi/atmos.wav");
  const auto set = load_responses(*path, *parse_layout("7.1"));
  ASSERT_TRUE(set) << set.error().line();
  for (const int to : {44100, 96000}) {
    const auto after = convert_rate(*set, to);
    ASSERT_TRUE(after);
    expect_same_response(*set, *after);
    std::printf("atmos.wav at %d Hz: %zu taps, %.0f before\n", to, after->taps(),
                static_cast<double>(set->taps()) * to / 48000);
  }
}

}  // namespace
}  // namespace weir::media
