#include "weir/engines/track/mask.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace weir::track {
namespace {

std::vector<std::vector<Point>> left_half_and_a_corner() {
  return {{{0, 0}, {0.5F, 0}, {0.5F, 1}, {0, 1}}, {{0.8F, 0}, {1, 0}, {1, 0.2F}}};
}

TEST(Mask, covers_boxes_by_their_centre) {
  const auto mask = Mask::make(left_half_and_a_corner());
  ASSERT_TRUE(mask.has_value()) << mask.error().line();
  EXPECT_TRUE(mask->covers({400, 100, 180, 300}, 1000, 500));
  EXPECT_FALSE(mask->covers({400, 100, 220, 300}, 1000, 500));
  EXPECT_TRUE(mask->covers({960, 0, 20, 20}, 1000, 500));
  EXPECT_TRUE(mask->covers({-100, 100, 20, 300}, 1000, 500)) << "outside, beside the masked part";
  EXPECT_FALSE(mask->covers({1100, 400, 20, 30}, 1000, 500));
  EXPECT_FALSE(mask->covers({10, 10, 20, 20}, 0, 0));
  EXPECT_FALSE(mask->covers({std::numeric_limits<float>::quiet_NaN(), 10, 20, 20}, 1000, 500));
}

TEST(Mask, of_nothing_covers_nothing) {
  EXPECT_TRUE(Mask().empty());
  EXPECT_FALSE(Mask().covers({0, 0, 10, 10}, 100, 100));
  EXPECT_TRUE(Mask::make({})->empty());
}

TEST(Mask, paints_cells_by_their_centre_and_leaves_the_others) {
  const auto mask = Mask::make(left_half_and_a_corner());
  ASSERT_TRUE(mask.has_value());
  // Centres at 0.1, 0.3, 0.5, 0.7, 0.9 and 0.05, …: the corner's diagonal goes through (0.9, 0.1).
  std::vector<std::uint8_t> cells(5 * 10, 0);
  cells[4 + 5 * 9] = 7;
  mask->paint(cells, 5, 10);
  for (int row = 0; row < 10; ++row) {
    for (int column = 0; column < 5; ++column) {
      const bool masked = column <= 2 || (column == 4 && row == 0);
      const int expected = column == 4 && row == 9 ? 7 : masked ? 1 : 0;
      EXPECT_EQ(cells[static_cast<std::size_t>(column + 5 * row)], expected) << column << ", " << row;
    }
  }
}

TEST(Mask, of_a_polygon_that_is_none_says_which) {
  auto polygons = left_half_and_a_corner();
  polygons[1].pop_back();
  const auto mask = Mask::make(polygons);
  ASSERT_FALSE(mask.has_value());
  EXPECT_EQ(mask.error().line(), "2: an area needs at least three points");
}

}  // namespace
}  // namespace weir::track
