#include "weir/engines/track/box_filter.hpp"

#include <gtest/gtest.h>

#include <array>

namespace weir::track {
namespace {

TEST(BoxFilter, learns_the_same_from_regular_and_from_irregular_looks) {
  // 100 pixels a second to the right, in steps of 40 ms and of 20 to 360 ms.
  for (const auto& steps : {std::array{0.04, 0.04, 0.04, 0.04}, std::array{0.02, 0.36, 0.1, 0.2}}) {
    BoxFilter filter({0, 0, 40, 80});
    double x = 0;
    for (int i = 0; i < 60; ++i) {
      const double step = steps[static_cast<std::size_t>(i) % 4];
      x += 100 * step;
      filter.predict(step);
      filter.correct({static_cast<float>(x), 0, 40, 80});
    }
    EXPECT_NEAR(filter.vx(), 100, 2);
    filter.predict(1);
    EXPECT_NEAR(filter.box().x, x + 100, 3);
  }
}

TEST(BoxFilter, knows_less_the_longer_it_does_not_look) {
  BoxFilter filter({0, 0, 40, 80});
  double before = filter.uncertainty();
  for (int i = 0; i < 5; ++i) {
    filter.predict(0.2);
    EXPECT_GT(filter.uncertainty(), before);
    before = filter.uncertainty();
  }
  filter.correct({0, 0, 40, 80});
  EXPECT_LT(filter.uncertainty(), 6) << "a twentieth of a person's height is four pixels";
}

}  // namespace
}  // namespace weir::track
