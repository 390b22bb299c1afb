#include "weir/media/responses/fractional_delay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace weir::media {
namespace {

using ::testing::ElementsAre;

TEST(FractionalDelay, WholeDelaysMoveSamplesExactly) {
  const std::vector<float> in{1, 2, 3};
  EXPECT_THAT(delayed(in, 0, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(delayed(in, 2, 6), ElementsAre(0, 0, 1, 2, 3, 0));
  EXPECT_THAT(delayed(in, 2, 4), ElementsAre(0, 0, 1, 2));
  EXPECT_THAT(delayed(in, -1, 3), ElementsAre(2, 3, 0));
  EXPECT_THAT(delayed({}, 1, 2), ElementsAre(0, 0));
}

// A sine that is delayed is the sine with another phase.
TEST(FractionalDelay, PartsOfASampleMoveASineUpToNineTenthsOfTheBand) {
  for (const double delay : {0.25, 3.5, -0.9}) {
    for (const double band : {0.05, 0.5, 0.9}) {
      const double step = std::numbers::pi * band;
      std::vector<float> in(256);
      for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(std::sin(step * static_cast<double>(i)));
      const std::vector<float> out = delayed(in, delay, in.size());
      for (std::size_t i = 64; i < 192; ++i) {
        EXPECT_NEAR(out[i], std::sin(step * (static_cast<double>(i) - delay)), 0.012) << delay << ' ' << band;
      }
    }
  }
}

}  // namespace
}  // namespace weir::media
