#include "weir/engines/track/polygon.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace weir::track {
namespace {

using Points = std::vector<Point>;

std::string complaint(const Points& points) {
  const auto checked = check_polygon(points);
  return checked ? "" : checked.error().message();
}

TEST(Polygon, of_any_shape_is_taken_in_either_direction) {
  const Points l = {{0.1F, 0.1F}, {0.5F, 0.1F}, {0.5F, 0.3F}, {0.3F, 0.3F}, {0.3F, 0.9F}, {0.1F, 0.9F}};
  EXPECT_EQ(complaint(l), "");
  EXPECT_EQ(complaint(Points(l.rbegin(), l.rend())), "");
  EXPECT_EQ(complaint({{0, 0}, {1, 0}, {1, 1}, {0, 1}}), "") << "the whole picture";
  EXPECT_EQ(complaint({{0, 0}, {0.5F, 0}, {1, 0}, {0, 1}}), "") << "a point on a straight edge";
}

TEST(Polygon, that_is_none_says_why) {
  EXPECT_EQ(complaint({}), "an area needs at least three points");
  EXPECT_EQ(complaint({{0, 0}, {1, 0}}), "an area needs at least three points");
  EXPECT_EQ(complaint({{0, 0}, {1, 0}, {1, 1.01F}}), "points are from 0 to 1 of the picture (point 3)");
  EXPECT_EQ(complaint({{0, 0}, {-0.01F, 0}, {1, 1}}), "points are from 0 to 1 of the picture (point 2)");
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    EXPECT_EQ(complaint({{bad, 0}, {1, 0}, {1, 1}}), "points are from 0 to 1 of the picture (point 1)");
    EXPECT_EQ(complaint({{0, 0}, {1, bad}, {1, 1}}), "points are from 0 to 1 of the picture (point 2)");
  }
  EXPECT_EQ(complaint({{0, 0}, {1, 0}, {1, 1}, {0, 0}}), "an area has no point twice (points 1 and 4)");
  EXPECT_EQ(complaint({{0, 0}, {1, 1}, {1, 0}, {0, 1}}), "the edges of an area do not cross or touch (1-2 and 3-4)");
  EXPECT_EQ(complaint({{0, 0}, {0.5F, 0.5F}, {1, 1}}), "the edges of an area do not cross or touch (2-3 and 3-1)");
  EXPECT_EQ(complaint({{0, 0}, {1, 0}, {0.5F, 0}, {0.5F, 1}}),
            "the edges of an area do not cross or touch (1-2 and 2-3)");
  EXPECT_EQ(complaint({{0, 0}, {1, 0}, {1, 1}, {0.5F, 0}, {0, 1}}),
            "the edges of an area do not cross or touch (1-2 and 3-4)")
      << "a corner on another edge";
  EXPECT_EQ(complaint({{0, 0}, {1, 0}, {1, 1e-7F}}), "the points enclose no area");
  Points circle;
  for (int i = 0; i < 65; ++i) {
    const double angle = 6.283185307 * i / 65;
    circle.push_back(
        {static_cast<float>(0.5 + 0.4 * std::cos(angle)), static_cast<float>(0.5 + 0.4 * std::sin(angle))});
  }
  EXPECT_EQ(complaint(circle), "an area has at most 64 points");
  circle.pop_back();
  EXPECT_EQ(complaint(circle), "");
}

TEST(Line, has_two_points_in_the_picture) {
  EXPECT_TRUE(check_line({0, 0.5F}, {1, 0.5F}).has_value());
  EXPECT_FALSE(check_line({0.3F, 0.5F}, {0.3F, 0.5F}).has_value());
  EXPECT_FALSE(check_line({0, 0}, {1, 1.5F}).has_value());
  EXPECT_FALSE(check_line({std::nanf(""), 0}, {1, 1}).has_value());
}

TEST(Polygon, contains_its_border_and_its_corners) {
  const Points square = {{0.25F, 0.25F}, {0.75F, 0.25F}, {0.75F, 0.75F}, {0.25F, 0.75F}};
  for (const Point p : square) EXPECT_TRUE(contains(square, p));
  for (const Point p : {Point{0.5F, 0.25F}, Point{0.75F, 0.5F}, Point{0.5F, 0.75F}, Point{0.25F, 0.5F}}) {
    EXPECT_TRUE(contains(square, p));
  }
  EXPECT_TRUE(contains(square, {0.5F, 0.5F}));
  EXPECT_FALSE(contains(square, {0.2F, 0.5F}));
  EXPECT_FALSE(contains(square, {0.8F, 0.5F}));
  EXPECT_FALSE(contains(square, {0.5F, 0.8F}));
  EXPECT_FALSE(contains(square, {0.1F, 0.75F})) << "level with an edge";
}

// Between two of its corners, level with a third: the ray meets corners.
TEST(Polygon, contains_only_what_lies_inside_though_a_corner_is_level_with_it) {
  const Points tent = {{0, 1}, {0.3F, 0.5F}, {0.5F, 1}, {0.7F, 0.5F}, {1, 1}, {0.5F, 0}};
  ASSERT_EQ(complaint(tent), "");
  EXPECT_TRUE(contains(tent, {0.5F, 0.5F}));
  EXPECT_FALSE(contains(tent, {0.1F, 0.5F}));
  EXPECT_FALSE(contains(tent, {0.9F, 0.5F}));
  EXPECT_FALSE(contains(tent, {0.3F, 0.8F}));
}

TEST(Polygon, contains_the_same_as_two_triangles) {
  const unsigned seed = std::random_device{}();
  std::cout << "[ seed ] " << seed << std::endl;
  std::mt19937 random(seed);
  const auto share = [&] { return std::uniform_real_distribution<float>(0, 1)(random); };
  const Points kite = {{0.5F, 0.05F}, {0.95F, 0.6F}, {0.5F, 0.4F}, {0.05F, 0.7F}};
  const Points left = {kite[0], kite[2], kite[3]}, right = {kite[0], kite[1], kite[2]};
  for (int i = 0; i < 20000; ++i) {
    const Point p{share(), share()};
    ASSERT_EQ(contains(kite, p), contains(left, p) || contains(right, p)) << p.x << ", " << p.y;
  }
}

TEST(Polygon, distance_is_in_pixels_and_leaves_the_edge_of_the_picture_out) {
  const Points lower_left = {{0, 0.5F}, {0.5F, 0.5F}, {0.5F, 1}, {0, 1}};
  EXPECT_DOUBLE_EQ(distance_to_border(lower_left, {0.25F, 1}, 1000, 500), 250) << "to the right and to the top";
  EXPECT_DOUBLE_EQ(distance_to_border(lower_left, {0, 0.75F}, 1000, 500), 125);
  EXPECT_NEAR(distance_to_border(lower_left, {0.503F, 0.492F}, 1000, 500), 5, 1e-3) << "3 and 4 from the corner";
  const Points all = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
  EXPECT_TRUE(std::isinf(distance_to_border(all, {0.5F, 1}, 1000, 500)));
}

}  // namespace
}  // namespace weir::track
