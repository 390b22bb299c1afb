#include "weir/engines/speak/rate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace weir::speak {
namespace {

constexpr double tone_hz = 440, amplitude = 8000;

double at(double seconds) { return amplitude * std::sin(2 * std::numbers::pi * tone_hz * seconds); }

Speech tone(int rate_hz, std::size_t samples) {
  Speech speech{rate_hz, {}, {{0, 100}, {2205, static_cast<std::int64_t>(samples)}}};
  for (std::size_t i = 0; i < samples; ++i) {
    speech.samples.push_back(static_cast<std::int16_t>(std::lround(at(static_cast<double>(i) / rate_hz))));
  }
  return speech;
}

TEST(Rate, ATimeStaysThatTime) {
  const auto out = at_rate(tone(22050, 22050), 24000);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->rate_hz, 24000);
  ASSERT_EQ(out->samples.size(), 24000u);
  // Its ends are beside silence.
  for (std::size_t i = 1000; i < 23000; ++i) ASSERT_NEAR(out->samples[i], at(static_cast<double>(i) / 24000), 12) << i;
  EXPECT_EQ(out->words, (std::vector<WordTime>{{0, 109}, {2400, 24000}}));
}

TEST(Rate, TheSameRateIsTheSameSpeech) {
  const Speech speech = tone(22050, 500);
  EXPECT_EQ(at_rate(speech, 22050).value(), speech);
}

TEST(Rate, NothingStaysNothing) {
  const auto out = at_rate({16000, {}, {}}, 24000);
  ASSERT_TRUE(out);
  EXPECT_EQ(*out, (Speech{24000, {}, {}}));
}

TEST(Rate, WordsNeverEndBehindTheSamples) {
  for (std::size_t samples = 3000; samples < 3050; ++samples) {
    const auto out = at_rate(tone(22050, samples), 8000);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->words.back().end, static_cast<std::int64_t>(out->samples.size()));
  }
}

}  // namespace
}  // namespace weir::speak
