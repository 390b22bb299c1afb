#include "weir/engines/detect/candidates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

namespace weir::detect {
namespace {

constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();

Detection box(float x, float y, float w, float h, float confidence, int label = 0) {
  return {x, y, w, h, confidence, label};
}

std::vector<Detection> kept(std::vector<Detection> boxes, float most = 0.45F, std::size_t considered = 100,
                            std::size_t at_most = 100) {
  const auto k = suppress(boxes, most, considered, at_most);
  return {k.begin(), k.end()};
}

TEST(Candidates, take_what_is_wanted_and_strong_enough) {
  Candidates c(0.5F, {1, 0, 1}, 10);
  c.add(1, 2, 3, 4, 0.5F, 0);
  c.add(1, 2, 3, 4, 0.49F, 0);
  c.add(1, 2, 3, 4, 0.9F, 1);
  c.add(1, 2, 3, 4, 0.9F, 2);
  c.add(1, 2, 3, 4, 0.9F, 3);
  c.add(1, 2, 3, 4, 0.9F, -1);
  EXPECT_THAT(c.taken(), testing::ElementsAre(box(1, 2, 3, 4, 0.5F, 0), box(1, 2, 3, 4, 0.9F, 2)));
  c.clear();
  c.add_centred(10, 20, 4, 6, 1.001F, 0);
  c.add_corners(10, 20, 14, 26, 1, 0);
  EXPECT_THAT(c.taken(), testing::ElementsAre(box(8, 17, 4, 6, 1, 0), box(10, 20, 4, 6, 1, 0)));
}

TEST(Candidates, let_go_what_is_no_rectangle) {
  Candidates c(0, {1}, 100);
  for (const float bad : {nan, inf, -inf}) {
    c.add(bad, 0, 1, 1, 0.9F, 0);
    c.add(0, bad, 1, 1, 0.9F, 0);
    c.add(0, 0, bad, 1, 0.9F, 0);
    c.add(0, 0, 1, bad, 0.9F, 0);
    c.add(0, 0, 1, 1, bad, 0);
  }
  c.add(0, 0, 0, 1, 0.9F, 0);
  c.add(0, 0, 1, -1, 0.9F, 0);
  c.add(3e38F, 0, 3e38F, 1, 0.9F, 0);
  EXPECT_TRUE(c.taken().empty());
}

TEST(Candidates, never_grow) {
  Candidates c(0, {1}, 3);
  for (int i = 0; i < 10; ++i) c.add(0, 0, 1, 1, 0.9F, 0);
  EXPECT_EQ(c.taken().size(), 3U);
}

TEST(Suppress, keeps_the_strongest_of_what_overlaps) {
  EXPECT_THAT(kept({box(1, 0, 10, 10, 0.6F), box(0, 0, 10, 10, 0.9F), box(0, 1, 10, 10, 0.8F)}),
              testing::ElementsAre(box(0, 0, 10, 10, 0.9F)));
  EXPECT_THAT(kept({box(0, 0, 10, 10, 0.6F), box(30, 0, 10, 10, 0.9F)}),
              testing::ElementsAre(box(30, 0, 10, 10, 0.9F), box(0, 0, 10, 10, 0.6F)));
}

TEST(Suppress, boxes_of_different_labels_do_not_hide_each_other) {
  const Detection rider = box(0, 0, 10, 10, 0.9F, 0), horse = box(0, 0, 10, 10, 0.8F, 17);
  EXPECT_THAT(kept({horse, rider, box(0, 0, 10, 10, 0.7F, 17)}), testing::ElementsAre(rider, horse));
}

TEST(Suppress, overlap_is_shared_over_joint_area) {
  // 10×10 each, shifted by 4: 60 shared of 140.
  EXPECT_FLOAT_EQ(overlap(box(0, 0, 10, 10, 1), box(4, 0, 10, 10, 1)), 60.0F / 140);
  EXPECT_FLOAT_EQ(overlap(box(0, 0, 10, 10, 1), box(0, 0, 10, 10, 1)), 1);
  EXPECT_EQ(overlap(box(0, 0, 10, 10, 1), box(10, 0, 10, 10, 1)), 0);
  EXPECT_EQ(kept({box(0, 0, 10, 10, 0.9F), box(4, 0, 10, 10, 0.8F)}).size(), 2U);
  EXPECT_EQ(kept({box(0, 0, 10, 10, 0.9F), box(4, 0, 10, 10, 0.8F)}, 0.42F).size(), 1U);
  // A box that was itself suppressed suppresses nothing.
  EXPECT_EQ(kept({box(0, 0, 10, 10, 0.9F), box(3, 0, 10, 10, 0.8F), box(6, 0, 10, 10, 0.7F)}).size(), 2U);
  // Areas beyond a float's range are no reason to fall over.
  EXPECT_EQ(kept({box(0, 0, 1e30F, 1e30F, 0.9F), box(0, 0, 1e30F, 1e30F, 0.8F)}).size(), 2U);
}

TEST(Suppress, both_bounds_hold_and_the_strongest_stay) {
  std::vector<Detection> many;
  for (int i = 0; i < 1000; ++i)
    many.push_back(box(static_cast<float>(20 * i), 0, 10, 10, static_cast<float>(i) / 1000));
  const auto few = kept(many, 0.45F, 500, 300);
  ASSERT_EQ(few.size(), 300U);
  EXPECT_FLOAT_EQ(few.front().confidence, 0.999F);
  EXPECT_FLOAT_EQ(few.back().confidence, 0.7F);
  EXPECT_EQ(kept(many, 0.45F, 50, 300).size(), 50U);
  EXPECT_TRUE(kept({}).empty());
}

}  // namespace
}  // namespace weir::detect
