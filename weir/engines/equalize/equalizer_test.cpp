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
using Made = std::unique_ptr<Equalization>;

Made make(std::string_view text, double rate = rate_hz) {
  const auto settings = parse_eq(text, "test");
  auto made = settings ? Equalization::make(*settings, rate) : tl::unexpected(settings.error());
  if (!made) {
    ADD_FAILURE() << made.error().line();
    return Equalization::make({}, rate).value();
  }
  return std::move(*made);
}

void play(Equalizer& equalizer, TestSound& sound, int first, int frames) {
  equalizer.process(sound.left.data() + first, sound.right.data() + first, frames);
}

// At once, as before the first sample.
void start_with(Equalizer& equalizer, Made first) { ASSERT_TRUE(equalizer.fade_to(first.release(), 0)); }

// Fades if it may; what it gives back is freed.
bool change(Equalizer& equalizer, Made next, int frames) {
  const Made former(equalizer.retired());
  if (!equalizer.fade_to(next.get(), frames)) return false;
  next.release();
  return true;
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
  Made made = make("Channel: L\nPreamp: -6.0206 dB\nChannel: R\nFilter: ON PK Fc 1000 Hz Gain 6 dB Q 1\n");
  EXPECT_NEAR(made->magnitude(0, 1000), 0.5, 1e-5);
  EXPECT_NEAR(made->magnitude(1, 1000), 1.9953, 1e-4);
  Equalizer equalizer;
  start_with(equalizer, std::move(made));
  TestSound sound = sine(9600, 1000, rate_hz, 0.25F);
  const TestSound in = sound;
  play(equalizer, sound, 0, sound.frames());
  for (std::size_t i = 0; i < in.left.size(); ++i) ASSERT_NEAR(sound.left[i], in.left[i] * 0.5F, 1e-6);
  EXPECT_NEAR(*std::max_element(sound.right.end() - 480, sound.right.end()), 0.25 * 1.9953, 1e-3);
}

TEST(Equalizer, BlocksOfAnySizeGiveTheSame) {
  const TestSound sound = noise(30'000, 2);
  std::vector<TestSound> results;
  for (const int block : {8192, 1, 2, 7, 64, 511, 512, 513, 4096}) {
    Equalizer equalizer;
    start_with(equalizer, make(headphones));
    TestSound out = sound;
    int next_fade = 5000;
    for (int at = 0; at < out.frames();) {
      if (at == next_fade) {
        EXPECT_TRUE(change(equalizer, at < 10'000 ? make(other) : nullptr, 960));
        next_fade += 7000;
      }
      const int some = std::min({block, out.frames() - at, at < next_fade ? next_fade - at : block});
      play(equalizer, out, at, some);
      at += some;
    }
    results.push_back(std::move(out));
  }
  for (const TestSound& result : results) EXPECT_EQ(result, results.front());
}

TEST(Equalizer, AFadeIsALinearMixOfBoth) {
  Equalizer fading, before, after;
  start_with(fading, make(headphones));
  start_with(before, make(headphones));
  start_with(after, make(other));
  const TestSound sound = noise(4000, 3);
  TestSound out = sound, from = sound, to = sound;
  constexpr int start = 1000, frames = 960;
  play(before, from, 0, sound.frames());
  play(after, to, start, sound.frames() - start);
  play(fading, out, 0, start);
  ASSERT_TRUE(change(fading, make(other), frames));
  play(fading, out, start, sound.frames() - start);
  for (int i = 0; i < sound.frames(); ++i) {
    const float share = std::clamp(static_cast<float>(i - start) / frames, 0.0F, 1.0F);
    const auto n = static_cast<std::size_t>(i);
    ASSERT_NEAR(out.left[n], (1 - share) * from.left[n] + share * to.left[n], 1e-6) << i;
    ASSERT_NEAR(out.right[n], (1 - share) * from.right[n] + share * to.right[n], 1e-6) << i;
  }
}

// Changed every 50 ms among four: from one sample to the next nothing moves further than the one of both that moves
// more, and the fade's share of their difference. Both are played by equalizers of their own that never fade.
TEST(Equalizer, ChangesEvery50MsMakeNoStep) {
  constexpr int frames = 960, period = 2400, changes = 40;
  const char* texts[] = {headphones, other, "Preamp: -20 dB", "Filter: ON PK Fc 50 Hz Gain 12 dB Q 5"};
  for (const bool tone : {true, false}) {
    const TestSound in = tone ? sine(period * changes, 440, rate_hz, 0.5F) : noise(period * changes, 17);
    TestSound out = in, former(in.frames());
    Equalizer equalizer;
    for (int i = 0; i < changes; ++i) {
      const int start = i * period;
      ASSERT_TRUE(change(equalizer, make(texts[i % 4]), frames));
      play(equalizer, out, start, period);
      TestSound alone = in;
      Equalizer steady;
      start_with(steady, make(texts[i % 4]));
      play(steady, alone, start, std::min(2 * period, in.frames() - start));
      for (int at = std::max(start, 1); at < start + period; ++at) {
        const auto n = static_cast<std::size_t>(at);
        const bool fades = i > 0 && at <= start + frames;
        const float now = at == start ? 0 : std::fabs(alone.left[n] - alone.left[n - 1]);
        const float then = fades ? std::fabs(former.left[n] - former.left[n - 1]) : 0;
        const float share = fades ? std::fabs(alone.left[n] - former.left[n]) / frames : 0;
        ASSERT_LE(std::fabs(out.left[n] - out.left[n - 1]), std::max(now, then) + share + 1e-6F) << at;
      }
      former = std::move(alone);
    }
  }
}

TEST(Equalizer, OneFadeAtATimeAndTheOldOneComesBackOnce) {
  Made owned = make(headphones), second_owned = make(other);
  Equalization* const first = owned.get();
  Equalization* const second = second_owned.get();
  Equalizer equalizer;
  std::vector<float> left(1000), right(1000);
  EXPECT_EQ(equalizer.retired(), nullptr);
  ASSERT_TRUE(equalizer.fade_to(owned.release(), 500)) << "at once before the first sample";
  EXPECT_FALSE(equalizer.fading());
  equalizer.process(left.data(), right.data(), 1);
  ASSERT_TRUE(equalizer.fade_to(second_owned.release(), 500));
  EXPECT_TRUE(equalizer.fading());
  EXPECT_FALSE(equalizer.fade_to(nullptr, 10));
  equalizer.process(left.data(), right.data(), 499);
  EXPECT_FALSE(equalizer.fade_to(nullptr, 10));
  EXPECT_EQ(equalizer.retired(), nullptr) << "it is still heard";
  equalizer.process(left.data(), right.data(), 1);
  EXPECT_FALSE(equalizer.fading());
  EXPECT_FALSE(equalizer.fade_to(nullptr, 10)) << "the old one would be lost";
  owned.reset(equalizer.retired());
  EXPECT_EQ(owned.get(), first);
  EXPECT_EQ(equalizer.retired(), nullptr);

  ASSERT_TRUE(equalizer.fade_to(nullptr, 0)) << "at once";
  second_owned.reset(equalizer.retired());
  EXPECT_EQ(second_owned.get(), second);
  ASSERT_TRUE(equalizer.fade_to(owned.release(), 10));
  equalizer.process(left.data(), right.data(), 10);
  EXPECT_EQ(equalizer.retired(), nullptr) << "flat is nobody's";
  ASSERT_TRUE(equalizer.fade_to(second_owned.release(), 100));
  equalizer.reset();
  EXPECT_FALSE(equalizer.fading());
  owned.reset(equalizer.retired());
  EXPECT_EQ(owned.get(), first);
}

TEST(Equalizer, WhatIsNoNumberIsSilenceAndStaysNoLonger) {
  Equalizer equalizer, clean;
  start_with(equalizer, make(headphones));
  start_with(clean, make(headphones));
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

  Equalizer amplifier;
  start_with(amplifier, make("Preamp: 100 dB"));
  float left[2] = {huge, -huge}, right[2] = {1, 1};
  amplifier.process(left, right, 2);
  EXPECT_EQ(left[0], huge);
  EXPECT_EQ(left[1], -huge);
  EXPECT_EQ(right[0], 100'000);
}

TEST(Equalizer, ItFadesIntoRealSilence) {
  // High Q far down rings for seconds; what is left must become 0, not numbers the unit is slow with.
  Equalizer equalizer;
  start_with(equalizer, make("Filter: ON PK Fc 20 Hz Gain 20 dB Q 30\nFilter: ON HP Fc 10 Hz\n"));
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
