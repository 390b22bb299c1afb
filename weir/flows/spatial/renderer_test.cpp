#include "weir/flows/spatial/renderer.hpp"

#include <sys/resource.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <random>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/hot_path.hpp"
#include "weir/core/ledger.hpp"

namespace weir::spatial {
namespace {

constexpr int rate_hz = 48000, inputs = 8, taps = 512, block = 480;
constexpr int fade_frames = 960;
#ifdef WEIR_SANITIZED
constexpr int seconds = 30;  // ten minutes would take ten; and there are no accounts to judge
#else
constexpr int seconds = 600;
#endif
constexpr convolve::Shape shape{.inputs = inputs, .block = block, .max_taps = taps};

// Decaying noise in every ear: different for each seed, about as loud as its input.
std::unique_ptr<Sound> sound(unsigned seed, float gain = 1, std::vector<equalize::Band> bands = {}) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 1);
  std::vector<std::vector<float>> ears;
  for (int i = 0; i < 2 * inputs; ++i) {
    auto& ear = ears.emplace_back(taps);
    double energy = 0;
    for (int n = 0; n < taps; ++n) {
      ear[static_cast<std::size_t>(n)] = normal(random) * std::exp(-static_cast<float>(n) / 60);
      energy += ear[static_cast<std::size_t>(n)] * ear[static_cast<std::size_t>(n)];
    }
    for (float& tap : ear) tap /= static_cast<float>(std::sqrt(energy * inputs));
  }
  std::vector<convolve::Impulses> impulses;
  for (std::size_t i = 0; i < inputs; ++i) impulses.push_back({ears[2 * i], ears[2 * i + 1]});
  auto out = std::make_unique<Sound>();
  out->filter = std::move(*convolve::Filter::prepare(shape, impulses));
  if (!bands.empty())
    out->equalization = std::move(*equalize::Equalization::make({.bands = std::move(bands)}, rate_hz));
  out->gain = gain;
  return out;
}

// Plays the same input through a renderer block by block, and looks at each block.
class Player {
 public:
  using Input = std::function<float(int channel, std::uint64_t frame)>;
  Player(std::unique_ptr<Sound> first, Input input)
      : renderer(std::move(*Renderer::make(
            {.shape = shape, .rate_hz = rate_hz, .fade_frames = fade_frames, .limiter = false}, std::move(first)))),
        input_(std::move(input)) {}

  // The frames of one block, left and right.
  const std::array<std::vector<float>, 2>& play() {
    std::array<const float*, inputs> in;
    for (std::size_t i = 0; i < inputs; ++i) {
      planes_[i].resize(block);
      for (std::size_t n = 0; n < block; ++n) planes_[i][n] = input_(static_cast<int>(i), frames_ + n);
      in[i] = planes_[i].data();
    }
    for (auto& ear : ears_) ear.resize(block);
    const long before = faults_of_this_thread();
    {
      const HotPath::Scope scope(path);
      renderer->process(in.data(), ears_[0].data(), ears_[1].data(), block);
    }
    if (frames_ > 100 * block) faults += faults_of_this_thread() - before;
    frames_ += block;
    return ears_;
  }

  std::unique_ptr<Renderer> renderer;
  HotPath path{"test.spatial.block"};
  long faults = 0;  // of pages, within process(), once it runs

 private:
  static long faults_of_this_thread() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt + usage.ru_majflt;
  }
  Input input_;
  std::uint64_t frames_ = 0;
  std::array<std::vector<float>, inputs> planes_;
  std::array<std::vector<float>, 2> ears_;
};

float sine(int channel, std::uint64_t frame) {
  const double f = 300.0 + 40 * channel;
  return 0.2F * static_cast<float>(std::sin(2 * std::numbers::pi * f * static_cast<double>(frame) / rate_hz));
}

float noise(int channel, std::uint64_t frame) {
  std::uint64_t x = (frame * inputs + static_cast<std::uint64_t>(channel) + 1) * 0x9E3779B97F4A7C15U;
  x ^= x >> 31;
  x *= 0xBF58476D1CE4E5B9U;
  x ^= x >> 27;
  return 0.2F * (static_cast<float>(x >> 40) * 0x1p-23F - 1);
}

struct Extent {
  float level = 0, step = 0;
};

// How loud a sound gets by itself, and how far it goes from one sample to the next.
Extent extent_of(std::unique_ptr<Sound> one, const Player::Input& input) {
  Player player(std::move(one), input);
  Extent out;
  float last[2] = {};
  for (int i = 0; i < 200; ++i) {
    const auto& ears = player.play();
    for (std::size_t ear = 0; ear < 2; ++ear) {
      for (const float sample : ears[ear]) {
        out.level = std::max(out.level, std::abs(sample));
        out.step = std::max(out.step, std::abs(sample - last[ear]));
        last[ear] = sample;
      }
    }
  }
  return out;
}

// What comes at each change: another response, another gain, an equalizer or none.
std::unique_ptr<Sound> change(unsigned i) {
  const float gain = i % 3 == 0 ? 0.5F : 1.0F;
  std::vector<equalize::Band> bands;
  if (i % 2 == 0) bands.push_back({.fc_hz = 400, .gain_db = -6, .q = 0.7});
  return sound(i % 4 + 1, gain, std::move(bands));
}

class Changes : public testing::TestWithParam<const char*> {};

// Ten minutes of sound with a change every 50 ms, as fast as it goes. Three things fade at once, each along a straight
// line of at least `fade_frames`: response, equalizer and gain.
TEST_P(Changes, Every50MillisecondsForTenMinutesMakeNoStepAllocateNothingAndLeaveMemoryLevel) {
  const Player::Input input = std::string_view(GetParam()) == "sine" ? sine : noise;
  Extent most;
  for (unsigned i = 0; i < 12; ++i) {
    const Extent one = extent_of(change(i), input);
    most = {std::max(most.level, one.level), std::max(most.step, one.step)};
  }
  // A fade goes no further in one sample than what it fades between, plus its own share of their distance. The
  // equalizer begins with silence in its memory and so may overshoot a little: a factor of 1.5 on all of it.
  const float allowed = 1.5F * (most.step + 3 * 2 * most.level / fade_frames);
  // What is looked for is much larger than what is allowed.
  if (input(0, 0) == sine(0, 0)) ASSERT_LT(allowed, most.level / 2);

  VirtualClock clock;
  Ledger ledger(clock);
  Player player(change(0), input);
  constexpr int blocks = seconds * rate_hz / block, blocks_a_change = rate_hz / 20 / block,
                blocks_a_second = rate_hz / block;
  float last[2] = {}, worst = 0;
  bool finite = true;
  for (unsigned i = 0; i < blocks; ++i) {
    if (i % blocks_a_change == 0) player.renderer->change(change(i / blocks_a_change));
    const auto& ears = player.play();
    player.renderer->collect();
    for (std::size_t ear = 0; ear < 2; ++ear) {
      for (const float sample : ears[ear]) {
        finite = finite && std::isfinite(sample);
        if (i > 0) worst = std::max(worst, std::abs(sample - last[ear]));
        last[ear] = sample;
      }
    }
    if (i % blocks_a_second == 0) {
      clock.advance(std::chrono::seconds(1));
      ledger.decay();
      ledger.sample(i);
    }
  }
  EXPECT_TRUE(finite);
  EXPECT_LE(worst, allowed);
  EXPECT_EQ(player.renderer->report().changes, 1U + 20 * seconds) << "a change was lost or waited for ever";
  const HotPathReport hot = player.path.report();
  EXPECT_EQ(hot.passes, static_cast<std::uint64_t>(blocks));
  EXPECT_EQ(hot.allocations, 0U);
  EXPECT_EQ(hot.frees, 0U);
  EXPECT_EQ(hot.violations, 0U);
  if (seconds < 600) return;
  EXPECT_EQ(player.faults, 0);
  EXPECT_EQ(ledger.verdict().verdict, Verdict::level);
}

INSTANTIATE_TEST_SUITE_P(Spatial, Changes, testing::Values("sine", "noise"),
                         [](const auto& of) { return std::string(of.param); });

// Without its fade the same change is heard as a step: the test above can fail.
TEST(Renderer, AChangeWithoutAFadeWouldBeAStep) {
  const auto worst_with = [](int frames) {
    auto renderer = std::move(
        *Renderer::make({.shape = shape, .rate_hz = rate_hz, .fade_frames = frames, .limiter = false}, sound(1)));
    std::array<std::vector<float>, inputs> planes;
    std::array<const float*, inputs> in;
    std::vector<float> left(block), right(block);
    float last = 0, worst = 0;
    for (unsigned i = 0; i < 20; ++i) {
      for (std::size_t channel = 0; channel < inputs; ++channel) {
        planes[channel].resize(block);
        for (std::size_t n = 0; n < block; ++n) planes[channel][n] = sine(static_cast<int>(channel), i * block + n);
        in[channel] = planes[channel].data();
      }
      if (i == 10) renderer->change(sound(2, 0.1F));
      renderer->process(in.data(), left.data(), right.data(), block);
      for (const float sample : left) {
        worst = std::max(worst, std::abs(sample - last));
        last = sample;
      }
    }
    return worst;
  };
  EXPECT_GT(worst_with(1), 3 * worst_with(fade_frames));
}

TEST(Renderer, OfManyChangesAtOnceTheLastIsHeardAndAllAreFreed) {
  Player player(sound(1), sine);
  player.play();
  for (unsigned i = 0; i < 50; ++i) player.renderer->change(sound(2, 0.0F));
  player.renderer->change(sound(3, 2.0F));
  float level = 0;
  for (int i = 0; i < 20; ++i) level = std::abs(player.play()[0][100]) + level;
  EXPECT_EQ(player.renderer->report().changes, 2U);
  EXPECT_GT(level, 0.0F);
}

TEST(Renderer, WhatIsNoNumberIsSilenceAndCounted) {
  Player player(sound(1), [](int channel, std::uint64_t frame) {
    return frame == 100 ? std::nanf("") : frame == 200 ? HUGE_VALF : sine(channel, frame);
  });
  for (int i = 0; i < 10; ++i) {
    for (const auto& ear : player.play()) {
      for (const float sample : ear) ASSERT_TRUE(std::isfinite(sample));
    }
  }
  EXPECT_EQ(player.renderer->report().non_finite, 2U * inputs);
}

TEST(Renderer, WhatWouldClipIsCounted) {
  Player player(sound(1, 100.0F), sine);
  for (int i = 0; i < 10; ++i) player.play();
  const RendererReport report = player.renderer->report();
  EXPECT_GT(report.clipped_samples, 1000U);
  EXPECT_GT(report.peak, 1.0);
}

}  // namespace
}  // namespace weir::spatial
