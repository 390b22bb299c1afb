// The convolver gives what the definition of convolution gives, whatever the sizes of partitions and calls.
#include "weir/engines/convolve/convolver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "weir/engines/convolve/test_response.hpp"

namespace weir::convolve {
namespace {

using test::Channels;
using test::Response;

constexpr double tolerance = 1e-5;

Plan planned(int inputs, int block, int taps) { return *plan_for({inputs, block, taps}); }

Plan with_sizes(std::size_t inputs, std::size_t taps, const std::vector<std::size_t>& sizes) {
  return make_plan(inputs, taps, sizes);
}

// Compares at samples around every boundary there could be, and at random ones.
void expect_convolved(const Channels& in, const Response& response, const Channels& out, std::uint32_t seed,
                      std::size_t looks = 40) {
  const std::size_t frames = in.front().size();
  std::mt19937 random(seed);
  std::set<std::size_t> places{0, 1, frames - 1};
  while (places.size() < std::min(looks, frames)) {
    std::size_t place = random() % frames;
    if (random() % 2 == 0) place = place / 64 * 64;
    places.insert(place);
    if (place > 0) places.insert(place - 1);
  }
  double worst = 0;
  for (const std::size_t n : places)
    for (std::size_t ear = 0; ear < 2; ++ear)
      worst = std::max(worst, std::abs(response.at(in, ear, n) - static_cast<double>(out[ear][n])));
  EXPECT_LE(worst, tolerance);
}

std::vector<const Kernels*> all_kernels() {
  std::vector<const Kernels*> all{&portable_kernels()};
  if (const Kernels* kernels = avx2_kernels()) all.push_back(kernels);
  if (const Kernels* kernels = avx512_kernels()) all.push_back(kernels);
  return all;
}

TEST(Convolver, equals_direct_convolution_for_all_shapes_and_calls) {
  std::uint32_t seed = 1;
  for (const int inputs : {1, 2, 8, 16}) {
    for (const int block : {1, 64, 480, 512, 1000}) {
      for (const int taps : {1, 100, 4096, 16384}) {
        const Plan plan = planned(inputs, block, taps);
        const Response response(plan.inputs, plan.max_taps, ++seed);
        const Channels in = test::noise(plan.inputs, static_cast<std::size_t>(taps) + 9000, ++seed);
        for (const int call : {block, 513}) {
          SCOPED_TRACE(testing::Message() << inputs << " inputs, block " << block << ", " << taps << " taps, calls of "
                                          << call << ", " << plan.levels.size() << " levels");
          const auto convolver = test::playing(plan, response);
          expect_convolved(in, response, test::run(*convolver, in, call < 16 ? 16 : call), seed, 10);
        }
      }
    }
  }
}

struct Cut {
  const char* name;
  std::size_t taps;
  std::vector<std::size_t> sizes;
};

const std::vector<Cut>& cuts() {
  static const std::vector<Cut> all{{"uniform", 3000, {64}},
                                    {"two levels", 5000, {64, 256}},
                                    {"three levels", 12000, {64, 256, 1024}},
                                    {"steep", 9000, {16, 256, 4096}},
                                    {"no power of two", 7000, {240, 960}}};
  return all;
}

TEST(Convolver, every_cut_and_kernel_gives_the_same) {
  std::uint32_t seed = 100;
  for (const Cut& cut : cuts()) {
    for (const Kernels* kernels : all_kernels()) {
      SCOPED_TRACE(std::string(cut.name) + ", " + kernels->name);
      const Plan plan = with_sizes(3, cut.taps, cut.sizes);
      ASSERT_EQ(plan.levels.size(), cut.sizes.size());
      const Response response(3, cut.taps, ++seed);
      const Channels in = test::noise(3, 3 * cut.taps, ++seed);
      const auto convolver = test::playing(plan, response, *kernels);
      expect_convolved(in, response, test::run(*convolver, in, 64), seed, 200);
    }
  }
}

TEST(Convolver, any_number_of_frames_gives_the_samples_of_one_pass) {
  std::uint32_t seed = 200;
  for (const Cut& cut : cuts()) {
    const Plan plan = with_sizes(2, cut.taps, cut.sizes);
    const Response response(2, cut.taps, ++seed);
    const Channels in = test::noise(2, 30000, ++seed);
    const Channels one_pass = test::run(*test::playing(plan, response), in, 30000);
    expect_convolved(in, response, one_pass, seed, 100);
    for (const int call : {1, 7, 64, 511, 512, 513, 4096, 8192, 0}) {
      SCOPED_TRACE(testing::Message() << cut.name << ", calls of " << call << ", seed " << seed);
      std::mt19937 random(seed);
      const auto size = [&] { return call > 0 ? call : 1 + static_cast<int>(random() % (1U << random() % 14)); };
      const Channels out = test::run(*test::playing(plan, response), in, size);
      double worst = 0;
      for (std::size_t ear = 0; ear < 2; ++ear)
        for (std::size_t n = 0; n < out[ear].size(); ++n)
          worst = std::max(worst, std::abs(static_cast<double>(out[ear][n]) - static_cast<double>(one_pass[ear][n])));
      EXPECT_LE(worst, tolerance);
    }
  }
}

TEST(Convolver, an_identity_gives_the_input_without_delay) {
  for (const Cut& cut : cuts()) {
    const Plan plan = with_sizes(2, cut.taps, cut.sizes);
    const std::vector<float> one{1.0F};
    const std::vector<Impulses> impulses{{one, {}}, {{}, one}};
    const Channels in = test::noise(2, 10000, 5);
    for (const int call : {1, 64, 100}) {
      auto convolver = Convolver::make(plan);
      ASSERT_TRUE(convolver->fade_to((*Filter::prepare(plan, impulses)).release(), 0));
      const Channels out = test::run(*convolver, in, call);
      for (std::size_t ear = 0; ear < 2; ++ear)
        for (std::size_t n = 0; n < out[ear].size(); ++n)
          ASSERT_NEAR(out[ear][n], in[ear][n], 1e-6) << call << " " << n;
    }
  }
}

TEST(Convolver, is_silent_without_a_filter) {
  const auto convolver = Convolver::make(planned(2, 64, 4096));
  const Channels out = test::run(*convolver, test::noise(2, 1000, 1), 64);
  for (const auto& ear : out) EXPECT_EQ(std::count(ear.begin(), ear.end(), 0.0F), 1000);
}

TEST(Convolver, a_missing_input_is_silence_and_an_output_may_be_an_input) {
  const Plan plan = planned(3, 64, 2000);
  const Response response(3, 2000, 9);
  Channels in = test::noise(3, 5000, 10);
  std::fill(in[1].begin(), in[1].end(), 0.0F);
  const Channels expected = test::run(*test::playing(plan, response), in, 64);
  const auto convolver = test::playing(plan, response);
  for (std::size_t done = 0; done < 5000; done += 1000) {
    float* const out[2] = {in[2].data() + done, in[0].data() + done};
    const float* const from[3] = {in[0].data() + done, nullptr, in[2].data() + done};
    convolver->process(from, out, 1000);
  }
  for (std::size_t n = 0; n < 5000; ++n) {
    ASSERT_NEAR(in[2][n], expected[0][n], 1e-6);
    ASSERT_NEAR(in[0][n], expected[1][n], 1e-6);
  }
}

// Also while louder samples are still in memory, behind those that have come.
TEST(Convolver, silence_after_sound_is_exact_in_odd_calls_too) {
  for (const Cut& cut : cuts()) {
    const Plan plan = with_sizes(2, cut.taps, cut.sizes);
    const Response response(2, 1, 31);
    const std::size_t sound = 20000, rest = 5000;
    Channels in = test::noise(2, sound, 32);
    for (auto& channel : in) channel.resize(sound + rest);
    const Channels out = test::run(*test::playing(plan, response), in, 7);
    const auto after = static_cast<std::ptrdiff_t>(sound + 2 * plan.levels.front().size);
    for (const auto& ear : out)
      EXPECT_TRUE(std::all_of(ear.begin() + after, ear.end(), [](float sample) { return sample == 0; })) << cut.name;
  }
}

TEST(Convolver, reset_forgets_the_past) {
  for (const Cut& cut : cuts()) {
    const Plan plan = with_sizes(2, cut.taps, cut.sizes);
    const Response response(2, cut.taps, 21);
    const Channels in = test::noise(2, 20000, 22);
    const auto convolver = test::playing(plan, response);
    test::run(*convolver, test::noise(2, 3777, 23), 100);
    convolver->reset();
    const Channels out = test::run(*convolver, in, 64);
    expect_convolved(in, response, out, 24, 100);
    convolver->reset();
    const Channels silence = test::run(*convolver, Channels(2, std::vector<float>(20000)), 64);
    for (const auto& ear : silence) EXPECT_EQ(std::count(ear.begin(), ear.end(), 0.0F), 20000) << cut.name;
  }
}

}  // namespace
}  // namespace weir::convolve
