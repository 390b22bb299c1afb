#include "weir/media/responses/response_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace weir::media {
namespace {

using enum Speaker;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ResponseSet, AllBecomeAsLongAsTheLongestAndSilentOnesGo) {
  const auto set = finished({48000, {{FL, {1}, {0, 1, 0}}, {LFE, {0, 0}, {0}}, {FR, {0}, {1, 0}}}, "x"});
  ASSERT_TRUE(set) << set.error().line();
  ASSERT_THAT(set->responses, SizeIs(2));
  EXPECT_EQ(set->taps(), 3U);
  EXPECT_THAT(set->find(FL)->left, ElementsAre(1, 0, 0));
  EXPECT_THAT(set->find(FR)->right, ElementsAre(1, 0, 0));
  EXPECT_EQ(set->find(LFE), nullptr);
}

TEST(ResponseSet, WhatCannotBeIsRefused) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const auto refused = [](ResponseSet set, const char* says) {
    set.name = "x.wav";
    const auto done = finished(std::move(set));
    ASSERT_FALSE(done) << says;
    EXPECT_EQ(done.error().code, Code::invalid);
    EXPECT_THAT(done.error().line(), HasSubstr(says));
  };
  refused({48000, {{FL, {std::numeric_limits<float>::quiet_NaN()}, {1}}}, {}}, "no number");
  refused({48000, {{FL, {1}, {-infinity}}}, {}}, "infinite");
  refused({48000, {{FR, {1}, {2e4F}}}, {}}, "above full scale (FR)");
  refused({48000, {{FL, {1}, {1}}, {FL, {1}, {1}}}, {}}, "two responses");
  refused({48000, {}, {}}, "empty or silent");
  refused({48000, {{FL, {}, {}}}, {}}, "empty or silent");
  refused({0, {{FL, {1}, {1}}}, {}}, "sample rate");
  refused({-48000, {{FL, {1}, {1}}}, {}}, "sample rate");
  refused({400000, {{FL, {1}, {1}}}, {}}, "sample rate");
  refused({8000, {{FL, std::vector<float>(80001, 1.F), {1}}}, {}}, "too long");
}

TEST(ResponseSet, QuietEndsGoTogetherAndNotTooFar) {
  // 40 dB below the peak of 1 is 0.01; the right ear's sample 2 holds the lead, sample 4 the tail.
  const ResponseSet set{48000, {{FL, {0.001F, 0, 0, 1, 0, 0.001F}, {0, 0, 0.02F, 0, 0.02F, 0}}}, {}};
  ResponseSet all = set;
  drop_quiet_ends(all, 100, 100, -40);
  EXPECT_THAT(all.responses[0].left, ElementsAre(0, 1, 0));
  EXPECT_THAT(all.responses[0].right, ElementsAre(0.02F, 0, 0.02F));
  ResponseSet few = set;
  drop_quiet_ends(few, 1, 0, -40);
  EXPECT_THAT(few.responses[0].left, ElementsAre(0, 0, 1, 0, 0.001F));
  ResponseSet nothing{48000, {{FL, {0, 0}, {0, 0}}}, {}};
  drop_quiet_ends(nothing, 100, 100, 0);
  EXPECT_EQ(nothing.taps(), 2U);  // 0 is not below 0
}

}  // namespace
}  // namespace weir::media
