#include "weir/media/responses/for_layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::media {
namespace {

using enum Speaker;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Speaker n of the list has n + 1 in the left ear, and -(n + 1) in the right one.
ResponseSet with(const std::vector<Speaker>& speakers) {
  ResponseSet set{48000, {}, "x.wav"};
  for (const Speaker s : speakers) {
    const auto value = static_cast<float>(set.responses.size() + 1);
    set.responses.push_back({s, {value}, {-value}});
  }
  return set;
}

const std::vector<Speaker> hesuvi{FL, FR, FC, SL, SR, BL, BR};

float left_of(const LayoutResponses& r, std::size_t channel) { return r.channels.at(channel).left.at(0); }

std::string substitutions(const LayoutResponses& r) {
  std::string out;
  for (const Substitution& s : r.substitutions) {
    out.append(out.empty() ? "" : "; ").append(to_string(s.wanted)).append(" = ").append(s.instead);
  }
  return out;
}

TEST(ForLayout, GivesEachChannelItsSpeakersResponse) {
  const auto r = for_layout(with(hesuvi), *parse_layout("7.0"));
  ASSERT_TRUE(r) << r.error().line();
  EXPECT_THAT(r->substitutions, IsEmpty());
  ASSERT_THAT(r->channels, SizeIs(7));
  for (const auto& [channel, left] : {std::pair{0, 1.F}, {1, 2.F}, {2, 3.F}, {3, 6.F}, {4, 7.F}, {5, 4.F}, {6, 5.F}}) {
    EXPECT_EQ(left_of(*r, static_cast<std::size_t>(channel)), left) << channel;
    EXPECT_EQ(r->channels[static_cast<std::size_t>(channel)].right.at(0), -left) << channel;
  }
}

TEST(ForLayout, TheLfePlaysThroughTheCentreAndThatIsSaid) {
  const auto r = for_layout(with(hesuvi), *parse_layout("7.1"));
  ASSERT_TRUE(r) << r.error().line();
  EXPECT_EQ(left_of(*r, 3), 3);
  EXPECT_EQ(r->channels[3].speaker, LFE);
  EXPECT_EQ(substitutions(*r), "LFE = FC");
  const auto own = for_layout(with({FL, FR, FC, LFE}), *parse_layout("FL,FR,FC,LFE"));
  ASSERT_TRUE(own);
  EXPECT_EQ(left_of(*own, 3), 4);
  EXPECT_THAT(own->substitutions, IsEmpty());
}

TEST(ForLayout, OneSurroundPairStandsInForTheOther) {
  const auto side = for_layout(with({FL, FR, FC, BL, BR}), *parse_layout("5.1(side)"));
  ASSERT_TRUE(side) << side.error().line();
  EXPECT_EQ(left_of(*side, 4), 4);
  EXPECT_EQ(left_of(*side, 5), 5);
  EXPECT_EQ(substitutions(*side), "LFE = FC; SL = BL; SR = BR");
  const auto back = for_layout(with({FL, FR, FC, SL, SR}), *parse_layout("5.0"));
  ASSERT_TRUE(back);
  EXPECT_EQ(substitutions(*back), "BL = SL; BR = SR");
}

TEST(ForLayout, WhatIsInTheMiddleIsBothSidesAt3DbLess) {
  const auto r = for_layout(with(hesuvi), *parse_layout("6.1"));
  ASSERT_TRUE(r) << r.error().line();
  EXPECT_THAT(r->channels[4].left, ElementsAre(FloatEq((6 + 7) / 1.41421356F)));
  EXPECT_THAT(r->channels[4].right, ElementsAre(FloatEq(-(6 + 7) / 1.41421356F)));
  EXPECT_THAT(substitutions(*r), HasSubstr("BC = BL + BR at -3 dB"));
  const auto mono = for_layout(with({FL, FR}), *parse_layout("mono"));
  ASSERT_TRUE(mono);
  EXPECT_THAT(mono->channels[0].left, ElementsAre(FloatEq((1 + 2) / 1.41421356F)));
}

TEST(ForLayout, OthersThatAreMissingAreListed) {
  const auto r = for_layout(with(hesuvi), *parse_layout("7.1.4"));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::not_found);
  EXPECT_THAT(r.error().line(), HasSubstr("7.1.4 lacks TFL TFR TBL TBR; there are FL FR FC SL SR BL BR"));
  EXPECT_FALSE(for_layout(with({FC}), *parse_layout("stereo")));
}

TEST(ForLayout, OnRequestTheNearestPlaysAndThatIsSaid) {
  const auto r = for_layout(with(hesuvi), *parse_layout("7.1.4"), Missing::nearest);
  ASSERT_TRUE(r) << r.error().line();
  EXPECT_EQ(left_of(*r, 8), 1);   // TFL, 45° and 30 up: FL
  EXPECT_EQ(left_of(*r, 11), 7);  // TBR: BR
  EXPECT_THAT(substitutions(*r), HasSubstr("TBR = BR, 30° away"));
  const auto top = for_layout(with(hesuvi), *parse_layout("TBC,TC,TFC"), Missing::nearest);
  ASSERT_TRUE(top);
  EXPECT_THAT(substitutions(*top), HasSubstr("TBC = BL + BR at -3 dB, 52° away"));  // cos = cos 30° · cos 45°
  EXPECT_THAT(substitutions(*top), HasSubstr("TFC = FC, 30° away"));
  EXPECT_FALSE(for_layout(with({}), *parse_layout("TBC"), Missing::nearest));
}

}  // namespace
}  // namespace weir::media
