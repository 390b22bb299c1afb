#include "weir/engines/equalize/gain.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace weir::equalize {
namespace {

std::vector<float> run(Gain& gain, int frames, int block) {
  std::vector<float> left(static_cast<std::size_t>(frames), 1.0F), right(left.size(), -1.0F);
  for (int at = 0; at < frames; at += block) {
    gain.process(left.data() + at, right.data() + at, std::min(block, frames - at));
  }
  for (std::size_t i = 0; i < left.size(); ++i) EXPECT_EQ(right[i], -left[i]);
  return left;
}

TEST(Gain, AStraightLineToTheVeryFactor) {
  Gain gain(1);
  gain.ramp_to(0.1F, 90);
  const auto out = run(gain, 100, 100);
  for (int i = 0; i < 100; ++i) {
    const float expected = i < 90 ? 1 - 0.9F * static_cast<float>(i + 1) / 90 : 0.1F;
    ASSERT_NEAR(out[static_cast<std::size_t>(i)], expected, 1e-6) << i;
  }
  EXPECT_EQ(out[89], 0.1F);
  EXPECT_EQ(out[99], 0.1F);
  EXPECT_FALSE(gain.ramping());
}

TEST(Gain, ANewRampStartsWhereTheOldOneWas) {
  Gain gain(0);
  gain.ramp_to(1, 100);
  EXPECT_EQ(run(gain, 50, 50).back(), 0.5F);
  gain.ramp_to(0, 1000);
  const auto out = run(gain, 1000, 1000);
  EXPECT_NEAR(out[0], 0.4995F, 1e-6);
  EXPECT_EQ(out.back(), 0);
  gain.ramp_to(1, 0);
  EXPECT_EQ(run(gain, 1, 1).back(), 1) << "one frame at least";
}

TEST(Gain, BlocksOfAnySizeGiveTheSame) {
  std::vector<std::vector<float>> results;
  for (const int block : {2000, 1, 3, 64, 511}) {
    Gain gain(0.3F);
    gain.ramp_to(0.77F, 1001);
    results.push_back(run(gain, 2000, block));
  }
  for (const auto& result : results) EXPECT_EQ(result, results.front());
}

}  // namespace
}  // namespace weir::equalize
