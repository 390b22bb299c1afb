// Changing the filter while it plays: exact from its first sample, no step beyond the formula, nothing freed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numbers>
#include <random>
#include <vector>

#include "weir/engines/convolve/convolver.hpp"
#include "weir/engines/convolve/test_response.hpp"

namespace weir::convolve {
namespace {

using test::Channels;
using test::Response;

const std::vector<std::vector<std::size_t>>& cuts() {
  static const std::vector<std::vector<std::size_t>> all{{64}, {64, 256}, {64, 256, 1024}, {240, 960}};
  return all;
}

Plan plan_of(const std::vector<std::size_t>& sizes, std::size_t inputs = 2, std::size_t taps = 6000) {
  return make_plan(inputs, taps, sizes);
}

Channels sines(std::size_t channels, std::size_t frames) {
  Channels all(channels, std::vector<float>(frames));
  for (std::size_t i = 0; i < channels; ++i)
    for (std::size_t n = 0; n < frames; ++n)
      all[i][n] = static_cast<float>(
          std::sin(2 * std::numbers::pi * 440.0 * static_cast<double>(i + 1) * static_cast<double>(n) / 48000));
  return all;
}

// From one filter to another at sample `ask`, against each of them alone.
void expect_exact_fade(const std::vector<std::size_t>& sizes, const Channels& in, std::size_t ask, int frames,
                       int block) {
  SCOPED_TRACE(testing::Message() << sizes.size() << " levels, asked at " << ask << ", " << frames << " frames, block "
                                  << block);
  const Plan plan = plan_of(sizes);
  const Response before(2, 6000, 11), after(2, 5000, 12);
  const Channels old = test::run(*test::playing(plan, before), in, block);
  const Channels young = test::run(*test::playing(plan, after), in, block);

  const auto convolver = test::playing(plan, before);
  Filter* const next = after.prepare(plan).release();
  std::size_t done = 0;
  const Channels out = test::run(*convolver, in, [&] {
    if (done == ask) EXPECT_TRUE(convolver->fade_to(next, frames));
    const std::size_t size = done < ask ? std::min<std::size_t>(static_cast<std::size_t>(block), ask - done)
                                        : static_cast<std::size_t>(block);
    done += size;
    return static_cast<int>(size);
  });

  // The longest partition's next boundary; with tails, one such partition later.
  const std::size_t longest = sizes.back();
  const std::size_t start = (ask + longest - 1) / longest * longest + (sizes.size() > 1 ? longest : 0);
  EXPECT_LE(start, ask + static_cast<std::size_t>(convolver->fade_delay()));
  double worst = 0, longest_step = 0, bound = 0, apart = 0;
  for (std::size_t ear = 0; ear < 2; ++ear) {
    for (std::size_t n = ask; n < in.front().size(); ++n) {
      const double a = old[ear][n], b = young[ear][n];
      double gain = n < start ? 0 : 1;
      if (frames > 0 && n >= start) gain = std::min(1.0, static_cast<double>(n - start) / frames);
      worst = std::max(worst, std::abs(a + gain * (b - a) - static_cast<double>(out[ear][n])));
      longest_step = std::max(longest_step, std::abs(static_cast<double>(out[ear][n]) - out[ear][n - 1]));
      bound = std::max({bound, std::abs(a - old[ear][n - 1]), std::abs(b - young[ear][n - 1])});
      apart = std::max(apart, std::abs(a - b));
    }
  }
  EXPECT_LE(worst, 1e-5);
  if (frames > 0) EXPECT_LE(longest_step, bound + apart / frames + 1e-6);
  EXPECT_FALSE(convolver->fading());
  const std::unique_ptr<Filter> former(convolver->retired());
  EXPECT_NE(former, nullptr);
  EXPECT_EQ(convolver->retired(), nullptr);
}

TEST(Fade, is_a_straight_line_from_one_filter_to_the_other_as_if_both_had_always_played) {
  for (const auto& sizes : cuts()) {
    for (const bool tones : {true, false}) {
      const Channels in = tones ? sines(2, 16000) : test::noise(2, 16000, 3);
      expect_exact_fade(sizes, in, 64 * 70, 960, 64);
      expect_exact_fade(sizes, in, 4801, 500, 100);
      expect_exact_fade(sizes, in, 4096, 1, 512);
      expect_exact_fade(sizes, in, 5000, 4000, 77);
      expect_exact_fade(sizes, in, 5000, 0, 513);
    }
  }
}

// A new filter every 50 ms of a sine, lengths and silent inputs changing with it.
TEST(Fade, swaps_every_50_ms_make_no_step_beyond_the_formula) {
  constexpr int block = 64, swaps = 60, fade_frames = 480;
  for (const auto& sizes : cuts()) {
    const Plan plan = plan_of(sizes, 3);
    const Channels in = sines(3, 2400 * swaps);
    std::vector<Response> responses;
    for (std::uint32_t i = 0; i < 4; ++i) responses.emplace_back(3, 100 + 1500 * i, 50 + i);
    responses[2].left[1].clear();
    responses[2].right[1].clear();
    double bound = 0, loudest = 0;
    for (const Response& response : responses) {
      const Channels alone = test::run(*test::playing(plan, response), in, block);
      for (const auto& ear : alone) {
        for (std::size_t n = 1; n < ear.size(); ++n) {
          bound = std::max(bound, static_cast<double>(std::abs(ear[n] - ear[n - 1])));
          loudest = std::max(loudest, static_cast<double>(std::abs(ear[n])));
        }
      }
    }
    const auto convolver = test::playing(plan, responses[0]);
    std::unique_ptr<Filter> waiting;
    int wanted = 0, accepted = 0, returned = 0;
    std::size_t done = 0;
    const Channels out = test::run(*convolver, in, [&] {
      if (done % 2400 < block) waiting = responses[static_cast<std::size_t>(++wanted % 4)].prepare(plan);
      if (waiting != nullptr && convolver->fade_to(waiting.get(), fade_frames)) {
        static_cast<void>(waiting.release());
        ++accepted;
      }
      if (const std::unique_ptr<Filter> former(convolver->retired()); former != nullptr) ++returned;
      done += block;
      return block;
    });
    EXPECT_GE(accepted, swaps / 3);
    EXPECT_GE(returned, accepted - 1);
    const double formula = bound + 2 * loudest / fade_frames + 1e-6;
    for (const auto& ear : out)
      for (std::size_t n = 1; n < ear.size(); ++n) ASSERT_LE(std::abs(ear[n] - ear[n - 1]), formula) << n;
  }
}

TEST(Fade, a_second_one_is_refused_until_the_first_is_over_and_its_filter_fetched) {
  const Plan plan = plan_of({64, 256});
  const Response response(2, 6000, 5);
  const auto convolver = test::playing(plan, response);
  const Channels in = test::noise(2, 64 * 40, 6);
  test::run(*convolver, in, 64);
  ASSERT_TRUE(convolver->fade_to(response.prepare(plan).release(), 100));
  const auto second = response.prepare(plan);
  EXPECT_FALSE(convolver->fade_to(second.get(), 100));
  EXPECT_TRUE(convolver->fading());
  test::run(*convolver, in, 64);
  EXPECT_FALSE(convolver->fading());
  EXPECT_FALSE(convolver->fade_to(second.get(), 100)) << "the first one's old filter is still there";
  delete convolver->retired();
  EXPECT_TRUE(convolver->fade_to(response.prepare(plan).release(), 100));
}

TEST(Fade, before_the_first_sample_starts_at_once) {
  const Plan plan = plan_of({64, 256, 1024});
  const Response response(2, 6000, 7);
  const Channels in = test::noise(2, 8000, 8);
  const Channels whole = test::run(*test::playing(plan, response), in, 64);
  const auto convolver = Convolver::make(plan);
  ASSERT_TRUE(convolver->fade_to(response.prepare(plan).release(), 1000));
  const Channels out = test::run(*convolver, in, 64);
  for (std::size_t n = 0; n < 8000; ++n)
    ASSERT_NEAR(out[0][n], std::min(1.0F, static_cast<float>(n) / 1000) * whole[0][n], 1e-5) << n;
  EXPECT_EQ(convolver->retired(), nullptr) << "there was none before";
}

TEST(Fade, reset_ends_it) {
  const Plan plan = plan_of({64, 256});
  const Response before(2, 6000, 7), after(2, 3000, 9);
  const auto convolver = test::playing(plan, before);
  const Channels in = test::noise(2, 6400, 8);
  test::run(*convolver, in, 64);
  ASSERT_TRUE(convolver->fade_to(after.prepare(plan).release(), 100000));
  test::run(*convolver, in, 64);
  convolver->reset();
  EXPECT_FALSE(convolver->fading());
  delete convolver->retired();
  const Channels expected = test::run(*test::playing(plan, after), in, 64), out = test::run(*convolver, in, 64);
  for (std::size_t n = 0; n < 6400; ++n) ASSERT_NEAR(out[1][n], expected[1][n], 1e-6);
}

// A short filter has no part in the long levels: what a former, longer one left there must not be heard.
TEST(Fade, short_filters_in_a_row_hear_nothing_of_a_long_one) {
  const Plan plan = plan_of({64, 256, 1024});
  const Response longest(2, 6000, 1), shorter(2, 100, 2), shortest(2, 90, 3);
  const Channels in = test::noise(2, 64 * 200, 4);
  const Channels expected = test::run(*test::playing(plan, shortest), in, 64);
  const auto convolver = test::playing(plan, longest);
  int block = 0;
  const Response* const order[] = {&shorter, &shortest};
  std::size_t next = 0;
  const Channels out = test::run(*convolver, in, [&] {
    delete convolver->retired();
    if (++block >= 96 && next < 2 && !convolver->fading()) {
      EXPECT_TRUE(convolver->fade_to(order[next]->prepare(plan).release(), 16));
      ++next;
    }
    return 64;
  });
  ASSERT_EQ(next, 2u);
  // Within the long level's period in which the long one went.
  for (std::size_t n = 7168 + 4 * 64; n < 64 * 200; ++n) ASSERT_NEAR(out[0][n], expected[0][n], 1e-5);
}

}  // namespace
}  // namespace weir::convolve
