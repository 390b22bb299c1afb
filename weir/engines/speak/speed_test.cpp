#include "weir/engines/speak/speed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <random>

namespace weir::speak {
namespace {

constexpr int rate_hz = 22050;
constexpr double ms = rate_hz / 1000.0;

using Samples = std::vector<std::int16_t>;

// A voice's buzz: harmonics of `pitch_hz` that fall off.
void buzz(Samples& samples, double pitch_hz, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (int harmonic = 1; harmonic <= 8; ++harmonic) {
      sum += std::sin(2 * std::numbers::pi * pitch_hz * harmonic * static_cast<double>(i) / rate_hz) / harmonic;
    }
    samples.push_back(static_cast<std::int16_t>(5000 * sum));
  }
}

Speed speed_of(double speed) {
  auto made = Speed::make(rate_hz, speed);
  EXPECT_TRUE(made) << made.error().line();
  return std::move(*made);
}

Samples changed(const Samples& in, double speed, std::size_t block = 700) {
  Speed change = speed_of(speed);
  Samples out;
  for (std::size_t at = 0; at < in.size(); at += block) {
    EXPECT_TRUE(change.process(std::span(in).subspan(at, std::min(block, in.size() - at)), out));
  }
  EXPECT_TRUE(change.flush(out));
  return out;
}

class AtSpeed : public ::testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(Speeds, AtSpeed, ::testing::Values(0.5, 0.55, 0.75, 0.97, 1.03, 1.5, 1.9, 2.0, 2.5, 3.0));

TEST_P(AtSpeed, AToneKeepsItsPitch) {
  Samples tone;
  for (int i = 0; i < 4 * rate_hz; ++i) {
    tone.push_back(static_cast<std::int16_t>(10000 * std::sin(2 * std::numbers::pi * 200 * i / rate_hz)));
  }
  const Samples out = changed(tone, GetParam());
  int crossings = 0;
  const auto edge = static_cast<std::size_t>(50 * ms);
  ASSERT_GT(out.size(), 4 * edge);
  for (std::size_t i = edge; i < out.size() - edge; ++i) crossings += (out[i - 1] < 0) != (out[i] < 0) ? 1 : 0;
  const double seconds = static_cast<double>(out.size() - 2 * edge) / rate_hz;
  EXPECT_NEAR(crossings / 2.0 / seconds, 200, 4);
}

TEST_P(AtSpeed, TheLengthIsExactWhateverTheBlocks) {
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{1}, std::size_t{300}, std::size_t{1024}, std::size_t{22050}, std::size_t{220501}}) {
    Samples in;
    buzz(in, 130, count);
    const Samples out = changed(in, GetParam(), 700);
    EXPECT_EQ(out.size(), static_cast<std::size_t>(std::llround(static_cast<double>(count) / GetParam())));
    EXPECT_EQ(changed(in, GetParam(), 512 * 3).size(), out.size());
  }
}

// Words of a buzz that rises and falls, parted by silence, for a minute: sonic's own rounding would have put the last
// one some 80 ms beside its place at 3.
TEST_P(AtSpeed, WordsBeginWhereTheirTimesSay) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Speech speech{.rate_hz = rate_hz, .samples = {}, .words = {}};
  while (speech.samples.size() < 60 * rate_hz) {
    speech.samples.resize(speech.samples.size() + static_cast<std::size_t>((150 + random() % 200) * ms), 0);
    const auto start = static_cast<std::int64_t>(speech.samples.size());
    const double pitch_hz = std::uniform_real_distribution(90.0, 240.0)(random);
    const std::size_t length_ms = 150 + random() % 400;
    buzz(speech.samples, pitch_hz, length_ms * rate_hz / 1000);
    speech.words.push_back({start, static_cast<std::int64_t>(speech.samples.size())});
  }
  const auto out = at_speed(speech, GetParam());
  ASSERT_TRUE(out) << out.error().line();
  ASSERT_EQ(out->words.size(), speech.words.size());
  std::int64_t end = 0;
  double worst_ms = 0;
  for (const WordTime& word : out->words) {
    ASSERT_LE(end, word.start);
    ASSERT_LE(word.start, word.end);
    // The first loud sample after the middle of the silence before it.
    auto onset = (end + word.start) / 2;
    while (onset < static_cast<std::int64_t>(out->samples.size()) &&
           std::abs(static_cast<int>(out->samples[static_cast<std::size_t>(onset)])) < 1000) {
      ++onset;
    }
    worst_ms = std::max(worst_ms, std::abs(static_cast<double>(onset - word.start)) / ms);
    end = word.end;
  }
  EXPECT_LE(end, static_cast<std::int64_t>(out->samples.size()));
  EXPECT_LE(worst_ms, 20);
}

TEST_P(AtSpeed, AfterAFlushItBeginsAnew) {
  Samples in;
  buzz(in, 130, 30000);
  Speed change = speed_of(GetParam());
  Samples first, second;
  ASSERT_TRUE(change.process(in, first) && change.flush(first));
  ASSERT_TRUE(change.process(in, second) && change.flush(second));
  EXPECT_EQ(first, second);
}

TEST(Speed, AtOneEverySampleComesOutAsItWentInAndAtOnce) {
  Samples in;
  buzz(in, 130, 5000);
  Speed change = speed_of(1);
  Samples out;
  ASSERT_TRUE(change.process(in, out));
  EXPECT_EQ(out, in);
  ASSERT_TRUE(change.flush(out));
  EXPECT_EQ(out.size(), in.size());
  EXPECT_EQ(change.map(4711), 4711);
}

TEST(Speed, OtherSpeedsAndRatesAreRefused) {
  for (const double speed : {0.0, 0.49, 3.01, -1.0, std::nan("")}) {
    const auto made = Speed::make(rate_hz, speed);
    ASSERT_FALSE(made) << speed;
    EXPECT_EQ(made.error().line(), "speed: the speed is from 0.5 to 3");
  }
  EXPECT_FALSE(Speed::make(4000, 2));
  EXPECT_FALSE(Speed::make(0, 1));
}

TEST(Speed, WhatIsReservedIsNotAllocatedAnew) {
  Samples in;
  buzz(in, 130, 100'000);
  Speed change = speed_of(1.5);
  Samples out;
  out.reserve(static_cast<std::size_t>(change.map(100'000)));
  const auto* const where = out.data();
  ASSERT_TRUE(change.process(in, out) && change.flush(out));
  EXPECT_EQ(out.data(), where);
}

}  // namespace
}  // namespace weir::speak
