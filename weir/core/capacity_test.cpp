#include "weir/core/capacity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Line, AddsUpChannelsAndHolds) {
  Line line;
  ASSERT_TRUE(line.connect("decode", "motion", "front/frames", 3, Overflow::wait));
  line.hold("decode", decoder_hold(4, 2, 1), "reference frames");
  line.hold("motion", 1, "being looked at");
  EXPECT_EQ(line.slots(), 3u + 5u + 1u);
  ASSERT_EQ(line.terms().size(), 3u);
  EXPECT_EQ(line.terms()[0].what, "channel front/frames");
  EXPECT_EQ(line.terms()[1].what, "decode: reference frames");
}

// The figures measured on 11 clips: refs 4 → 5/7/11, refs 16 → 17/19/23 with 1, 2 and 4 threads.
TEST(Line, DecoderHoldIsTheMeasuredRule) {
  EXPECT_EQ(decoder_hold(4, 0, 1), 5u);
  EXPECT_EQ(decoder_hold(4, 0, 2), 7u);
  EXPECT_EQ(decoder_hold(4, 0, 4), 11u);
  EXPECT_EQ(decoder_hold(16, 2, 1), 17u);
  EXPECT_EQ(decoder_hold(16, 2, 2), 19u);
  EXPECT_EQ(decoder_hold(16, 2, 4), 23u);
  EXPECT_EQ(decoder_hold(1, 3, 1), 5u) << "reordering can need more than the references";
  EXPECT_EQ(decoder_hold(0, 0, 0), 2u);
}

TEST(Line, RefusesAChannelWithoutPlaces) {
  Line line;
  EXPECT_FALSE(line.connect("a", "b", "c", 0, Overflow::wait));
  EXPECT_EQ(line.slots(), 0u);
}

TEST(Line, RefusesWaitingWhereBranchesRejoin) {
  Line line;
  ASSERT_TRUE(line.connect("source", "left", "l", 1, Overflow::drop_oldest));
  ASSERT_TRUE(line.connect("source", "right", "r", 1, Overflow::drop_oldest));
  ASSERT_TRUE(line.connect("left", "join", "lj", 1, Overflow::drop_oldest));
  const auto refused = line.connect("right", "join", "rj", 1, Overflow::wait);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().line(), testing::HasSubstr("rj"));
  EXPECT_TRUE(line.connect("right", "join", "rj", 1, Overflow::drop_newest)) << "dropping is fine";
  EXPECT_EQ(line.slots(), 4u) << "what was refused is not counted";
}

TEST(Line, RefusesAJoinThatIsClosedLater) {
  Line line;
  ASSERT_TRUE(line.connect("source", "left", "l", 1, Overflow::wait));
  ASSERT_TRUE(line.connect("source", "right", "r", 1, Overflow::drop_oldest));
  ASSERT_TRUE(line.connect("left", "join", "lj", 1, Overflow::drop_oldest));
  EXPECT_FALSE(line.connect("right", "join", "rj", 1, Overflow::drop_oldest))
      << "the branch that waits is already there";
}

TEST(Line, AllowsWaitingOnBranchesThatStayApart) {
  Line line;
  EXPECT_TRUE(line.connect("source", "left", "l", 1, Overflow::wait));
  EXPECT_TRUE(line.connect("source", "right", "r", 1, Overflow::wait));
  EXPECT_TRUE(line.connect("left", "file", "lf", 1, Overflow::wait));
}

TEST(Line, RefusesACircleThatWaits) {
  Line line;
  ASSERT_TRUE(line.connect("a", "b", "ab", 1, Overflow::wait));
  EXPECT_FALSE(line.connect("b", "a", "ba", 1, Overflow::drop_oldest));
}

}  // namespace
}  // namespace weir
