#include "weir/engines/equalize/equalizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "weir/engines/equalize/eq_text.hpp"
#include "weir/engines/equalize/test_sound.hpp"

namespace weir::equalize {
namespace {

constexpr double rate_hz = 48000;
using Made = std::unique_ptr<const Equalization>;

Made make(std::string_view text, double rate = rate_hz) {
  const auto settings = parse_eq(text, "test");
  auto made = settings ? Equalization::make(*settings, rate) : tl::unexpected(settings.error());
  if (!made) {
    ADD_FAILURE() << made.error().line();
    return Equalization::make({}, rate).value();
  }
  return std::move(*made);
}

constexpr const char* headphones =
    "Preamp: -6 dB\nFilter: ON LSC Fc 105 Hz Gain 6 dB Q 0.7\nFilter: ON PK Fc 3000 Hz Gain -4 dB Q 2\n"
    "Filter: ON HSC Fc 10000 Hz Gain 3 dB Q 0.7\n";
constexpr const char* other = "Preamp: -3 dB\nFilter: ON PK Fc 200 Hz Gain 5 dB Q 1\nFilter: ON LP Fc 9000 Hz\n";

TEST(Equalizer, FlatIsTheSameToTheBit) {
  Equalizer equalizer;
  const TestSound sound = noise(4096, 1);
  TestSound out = sound;
  equalizer.process(out.left.data(), out.right.data(), out.frames());
  EXPECT_EQ(out, sound);
}

TEST(Equalizer, SidesAreApart) {
  const Made made = make("Channel: L\nPreamp: -6.0206 dB\nChannel: R\nFilter: ON PK Fc 1000 Hz Gain 6 dB Q 1\n");
  EXPECT_NEAR(made->magnitude(0, 1000), 0.5, 1e-5);
  EXPECT_NEAR(made->magnitude(1, 1000), 1.9953, 1e-4);
  Equalizer equalizer(made.get());
  TestSound sound = sine(9600, 1000, rate_hz, 0.25F);
  const TestSound in = sound;
  equalizer.process(sound.left.data(), sound.right.data(), sound.frames());
  for (std::size_t i = 0; i < in.left.size(); ++i) ASSERT_NEAR(sound.left[i], in.left[i] * 0.5F, 1e-6);
  EXPECT_NEAR(*std::max_element(sound.right.end() - 480, sound.right.end()), 0.25 * 1.9953, 1e-3);
}

TEST(Equalizer, BlocksOfAnySizeGiveTheSame) {
  const Made first = make(headphones), second = make(other);
  const TestSound sound = noise(30'000, 2);
  std::vector<TestSound> results;
  for (const int block : {8192, 1, 2, 7, 64, 511, 512, 513, 4096}) {
    Equalizer equalizer(first.get());
    TestSound out = sound;
    int next_fade = 5000;
    for (int at = 0; at < out.frames();) {
      if (at == next_fade) {
        EXPECT_TRUE(equalizer.fade_to(at < 10'000 ? second.get() : nullptr, 960));
        next_fade += 7000;
      }
      const int some = std::min({block, out.frames() - at, at < next_fade ? next_fade - at : block});
      equalizer.process(out.left.data() + at, out.right.data() + at, some);
      at += some;
      equalizer.retired();
    }
    results.push_back(std::move(out));
  }
  for (const TestSound& result : results) EXPECT_EQ(result, results.front());
}

TEST(Equalizer, AFadeIsALinearMixOfBoth) {
  const Made first = make(headphones), second = make(other);
  Equalizer fading(first.get()), before(first.get()), after(second.get());
  const TestSound sound = noise(4000, 3);
  TestSound out = sound, from = sound, to = sound;
  constexpr int start = 1000, frames = 960;
  before.process(from.left.data(), from.right.data(), sound.frames());
  after.process(to.left.data() + start, to.right.data() + start, sound.frames() - start);
  fading.process(out.left.data(), out.right.data(), start);
  ASSERT_TRUE(fading.fade_to(second.get(), frames));
  fading.process(out.left.data() + start, out.right.data() + start, sound.frames() - start);
  for (int i = 0; i < sound.frames(); ++i) {
    const float share = std::clamp(static_cast<float>(i - start + 1) / frames, 0.0F, 1.0F);
    const auto n = static_cast<std::size_t>(i);
    ASSERT_NEAR(out.left[n], (1 - share) * from.left[n] + share * to.left[n], 1e-5) << i;
    ASSERT_NEAR(out.right[n], (1 - share) * from.right[n] + share * to.right[n], 1e-5) << i;
  }
}

// A sine, changed every 50 ms among three: from one sample to the next it moves by what both equalizers would move, and
// the fade's share of their difference.
TEST(Equalizer, ChangesEvery50MsMakeNoStep) {
  constexpr int frames = 480, period = 2400;
  const Made some[] = {make(headphones), make(other), make("Preamp: -20 dB")};
  for (const double frequency : {80.0, 440.0, 2000.0}) {
    const float steepest = static_cast<float>(2 * std::numbers::pi * frequency / rate_hz);
    // The loudest gain of all is below 6 dB; a filter that starts from silence rings in once more by as much.
    const float most = 2 * (2 * steepest + 2.0F / frames);
    Equalizer equalizer;
    TestSound sound = sine(48'000, frequency, rate_hz, 1);
    int fades = 0;
    for (int at = 0; at < sound.frames(); at += 120) {
      if (at % period == 0) {
        fades += equalizer.fade_to(some[(at / period) % 3].get(), frames);
      }
      equalizer.process(sound.left.data() + at, sound.right.data() + at, 120);
      equalizer.retired();
    }
    EXPECT_EQ(fades, 20);
    float largest = 0;
    for (std::size_t i = 1; i < sound.left.size(); ++i) {
      largest = std::max(largest, std::fabs(sound.left[i] - sound.left[i - 1]));
    }
    EXPECT_LT(largest, most) << frequency << " Hz";
    EXPECT_GT(largest, 0.2F * steepest);
  }
}

TEST(Equalizer, OneFadeAtATimeAndTheOldOneComesBackOnce) {
  const Made first = make(headphones), second = make(other);
  Equalizer equalizer(first.get());
  std::vector<float> left(1000), right(1000);
  EXPECT_EQ(equalizer.retired(), nullptr);
  ASSERT_TRUE(equalizer.fade_to(second.get(), 500));
  EXPECT_TRUE(equalizer.fading());
  EXPECT_FALSE(equalizer.fade_to(nullptr, 10));
  equalizer.process(left.data(), right.data(), 499);
  EXPECT_FALSE(equalizer.fade_to(nullptr, 10));
  EXPECT_EQ(equalizer.retired(), nullptr) << "it is still heard";
  equalizer.process(left.data(), right.data(), 1);
  EXPECT_FALSE(equalizer.fading());
  EXPECT_FALSE(equalizer.fade_to(nullptr, 10)) << "the old one would be lost";
  EXPECT_EQ(equalizer.retired(), first.get());
  EXPECT_EQ(equalizer.retired(), nullptr);

  EXPECT_TRUE(equalizer.fade_to(second.get(), 10)) << "what runs already needs no fade";
  EXPECT_FALSE(equalizer.fading());
  ASSERT_TRUE(equalizer.fade_to(nullptr, 0)) << "one frame at least";
  equalizer.process(left.data(), right.data(), 1);
  EXPECT_EQ(equalizer.retired(), second.get());
  ASSERT_TRUE(equalizer.fade_to(first.get(), 10));
  equalizer.process(left.data(), right.data(), 10);
  EXPECT_EQ(equalizer.retired(), nullptr) << "flat is nobody's";
  ASSERT_TRUE(equalizer.fade_to(second.get(), 100));
  equalizer.reset();
  EXPECT_FALSE(equalizer.fading());
  EXPECT_EQ(equalizer.retired(), first.get());
}

TEST(Equalizer, WhatIsNoNumberIsSilenceAndStaysNoLonger) {
  const Made made = make(headphones);
  Equalizer equalizer(made.get()), clean(made.get());
  constexpr float huge = std::numeric_limits<float>::max();
  TestSound sound = noise(2000, 4);
  sound.left[100] = std::numeric_limits<float>::quiet_NaN();
  sound.right[200] = std::numeric_limits<float>::infinity();
  sound.right[201] = -std::numeric_limits<float>::infinity();
  TestSound mended = sound;
  mended.left[100] = mended.right[200] = mended.right[201] = 0;
  equalizer.process(sound.left.data(), sound.right.data(), sound.frames());
  clean.process(mended.left.data(), mended.right.data(), mended.frames());
  EXPECT_EQ(sound, mended);
  EXPECT_EQ(equalizer.not_finite(), 3u);

  const Made loud = make("Preamp: 100 dB");
  Equalizer amplifier(loud.get());
  float left[2] = {huge, -huge}, right[2] = {1, 1};
  amplifier.process(left, right, 2);
  EXPECT_EQ(left[0], huge);
  EXPECT_EQ(left[1], -huge);
  EXPECT_EQ(right[0], 100'000);
}

TEST(Equalizer, ItFadesIntoRealSilence) {
  // High Q far down rings for seconds; what is left must become 0, not numbers the unit is slow with.
  const Made made = make("Filter: ON PK Fc 20 Hz Gain 20 dB Q 30\nFilter: ON HP Fc 10 Hz\n");
  Equalizer equalizer(made.get());
  std::vector<float> left(4800), right(4800);
  left[0] = right[0] = 1;
  for (int call = 0; call < 3000; ++call) {
    equalizer.process(left.data(), right.data(), 4800);
    for (const float sample : left) ASSERT_TRUE(sample == 0 || std::fabs(sample) >= std::numeric_limits<float>::min());
    if (call < 2999) std::fill(left.begin(), left.end(), 0.0F), std::fill(right.begin(), right.end(), 0.0F);
  }
  EXPECT_EQ(left, std::vector<float>(4800));
}

TEST(Equalization, BeyondHalfTheRate) {
  const Made made = make(
      "Filter: ON PK Fc 20000 Hz Gain 6 dB Q 1\nFilter: ON HSC Fc 16000 Hz Gain 6 dB Q 1\nFilter: ON LP Fc 18000 Hz\n"
      "Filter: ON NO Fc 17000 Hz\nFilter: ON AP Fc 17000 Hz Q 1\nChannel: L\n"
      "Filter: ON LSC Fc 16000 Hz Gain 6.0206 dB Q 1\n",
      32000);
  EXPECT_EQ(made->beyond_half_rate(), 6u);
  EXPECT_NEAR(made->magnitude(0, 1000), 2, 1e-4);
  EXPECT_EQ(made->magnitude(1, 1000), 1);
  for (const Band::Type type : {Band::Type::high_pass, Band::Type::band_pass}) {
    EqSettings settings;
    settings.bands = {{.type = type, .fc_hz = 16000}};
    const auto refused = Equalization::make(settings, 32000);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::invalid);
    EXPECT_TRUE(Equalization::make(settings, 32001));
  }
}

TEST(Equalization, RefusesWhatCannotBe) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto code = [](const Band& band, double rate) {
    EqSettings settings;
    settings.bands = {band};
    const auto made = Equalization::make(settings, rate);
    return made ? Code::failed : made.error().code;
  };
  EXPECT_EQ(code({.fc_hz = nan}, 48000), Code::invalid);
  EXPECT_EQ(code({.fc_hz = 0}, 48000), Code::invalid);
  EXPECT_EQ(code({.gain_db = 101}, 48000), Code::invalid);
  EXPECT_EQ(code({.q = 0}, 48000), Code::invalid);
  EXPECT_EQ(code({.octaves = -1}, 48000), Code::invalid);
  EXPECT_EQ(code({}, nan), Code::invalid);
  EXPECT_EQ(code({}, 0), Code::invalid);
  EqSettings settings;
  settings.preamp_db = nan;
  EXPECT_EQ(Equalization::make(settings, 48000).error().code, Code::invalid);
  settings = {};
  settings.bands.resize(max_bands + 1);
  EXPECT_EQ(Equalization::make(settings, 48000).error().code, Code::exhausted);
}

}  // namespace
}  // namespace weir::equalize
