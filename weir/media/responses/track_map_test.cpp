#include "weir/media/responses/track_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::media {
namespace {

using enum Speaker;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST(TrackMap, HeSuVisBothSidesAreInHeSuVisOrder) {
  EXPECT_THAT(*track_map(TrackOrder::automatic, 14),
              UnorderedElementsAre(TrackPair{FL, 0, 1}, TrackPair{FR, 8, 7}, TrackPair{FC, 6, 13}, TrackPair{SL, 2, 3},
                                   TrackPair{SR, 10, 9}, TrackPair{BL, 4, 5}, TrackPair{BR, 12, 11}));
}

TEST(TrackMap, HeSuVisOneSideIsMirrored) {
  EXPECT_THAT(*track_map(TrackOrder::automatic, 7),
              UnorderedElementsAre(TrackPair{FL, 0, 1}, TrackPair{FR, 1, 0}, TrackPair{FC, 6, 6}, TrackPair{SL, 2, 3},
                                   TrackPair{SR, 3, 2}, TrackPair{BL, 4, 5}, TrackPair{BR, 5, 4}));
}

TEST(TrackMap, ImpulcifersFurtherSpeakersFollowInPairs) {
  const auto map = track_map(TrackOrder::automatic, 30);
  ASSERT_TRUE(map) << map.error().line();
  EXPECT_THAT(*map, SizeIs(15));
  for (const TrackPair& p : {TrackPair{FR, 8, 7},
                             {WL, 14, 15},
                             {WR, 16, 17},
                             {TFL, 18, 19},
                             {TFR, 20, 21},
                             {TSL, 22, 23},
                             {TSR, 24, 25},
                             {TBL, 26, 27},
                             {TBR, 28, 29}}) {
    EXPECT_THAT(*map, Contains(p)) << to_string(p.speaker);
  }
  EXPECT_THAT(*track_map(TrackOrder::hesuvi, 18), SizeIs(9));  // unused pairs at the end may be left out
}

TEST(TrackMap, PairsAndBlocksAreInTheOrderOfTheUsualLayout) {
  EXPECT_THAT(*track_map(TrackOrder::automatic, 16),
              ElementsAre(TrackPair{FL, 0, 1}, TrackPair{FR, 2, 3}, TrackPair{FC, 4, 5}, TrackPair{LFE, 6, 7},
                          TrackPair{BL, 8, 9}, TrackPair{BR, 10, 11}, TrackPair{SL, 12, 13}, TrackPair{SR, 14, 15}));
  EXPECT_THAT(*track_map(TrackOrder::automatic, 4), ElementsAre(TrackPair{FL, 0, 1}, TrackPair{FR, 2, 3}));
  EXPECT_THAT(*track_map(TrackOrder::automatic, 32), Contains(TrackPair{TBR, 30, 31}));
  EXPECT_THAT(*track_map(TrackOrder::blocks, 4), ElementsAre(TrackPair{FL, 0, 2}, TrackPair{FR, 1, 3}));
  EXPECT_THAT(*track_map(TrackOrder::blocks, 16), Contains(TrackPair{SR, 7, 15}));
}

TEST(TrackMap, OtherNumbersOfTracksAreRefusedWithThoseThatAreKnown) {
  for (int tracks = 1; tracks <= 64; ++tracks) {
    for (const auto order : {TrackOrder::automatic, TrackOrder::hesuvi, TrackOrder::pairs, TrackOrder::blocks}) {
      const auto map = track_map(order, tracks);
      if (!map) {
        EXPECT_THAT(map.error().line(), HasSubstr(std::to_string(tracks) + " tracks; "));
        continue;
      }
      for (const TrackPair& p : *map) EXPECT_LT(std::max(p.left, p.right), tracks);
    }
  }
  EXPECT_THAT(track_map(TrackOrder::automatic, 8).error().line(), HasSubstr("7, 14 and 30 (HeSuVi)"));
  EXPECT_FALSE(track_map(TrackOrder::hesuvi, 15));
  EXPECT_FALSE(track_map(TrackOrder::pairs, 7));
  EXPECT_FALSE(track_map(TrackOrder::automatic, 0));
}

TEST(TrackMap, OrdersReadAsTheyAreWritten) {
  for (const auto order : {TrackOrder::automatic, TrackOrder::hesuvi, TrackOrder::pairs, TrackOrder::blocks}) {
    EXPECT_EQ(*parse_track_order(to_string(order)), order);
  }
  EXPECT_THAT(parse_track_order("hesuvi14").error().line(), HasSubstr("automatic, hesuvi, pairs or blocks"));
}

TEST(MixTxt, IsReadWithCommentsBlanksAndWindowsLines) {
  const auto map =
      parse_track_map("\xEF\xBB\xBF# my room\r\nFL = 0, 1\r\n\r\n  fr=3,2 # near ear first\n; old\nLFE = 0,3", 4);
  ASSERT_TRUE(map) << map.error().line();
  EXPECT_THAT(*map, ElementsAre(TrackPair{FL, 0, 1}, TrackPair{FR, 3, 2}, TrackPair{LFE, 0, 3}));
}

TEST(MixTxt, WhatIsWrongIsSaidWithItsLine) {
  for (const auto& [text, says] : {std::pair{"FL = 0, 1\nFL = 2, 3", "line 2: FL = 2, 3"},
                                   {"FL = 0, 14", "does not have"},
                                   {"XX = 0, 1", "unknown speaker"},
                                   {"FL = 0", "NAME = LEFT, RIGHT"},
                                   {"FL 0, 1", "NAME = LEFT, RIGHT"},
                                   {"FL = 0, 1, 2", "whole numbers"},
                                   {"FL = -1, 1", "whole numbers"},
                                   {"FL = 0, 99999999999999", "whole numbers"},
                                   {"FL = a, 1", "whole numbers"},
                                   {"# nothing\n", "names no speaker"},
                                   {"", "names no speaker"},
                                   {"SL = 2, 3\nSR = 2, 3", "line 2"},
                                   {"FL = 0, 1\nL = 0, 1", "twice"},
                                   {"= 0, 1", "unknown speaker"},
                                   {"FL, 0 = 1", "NAME = LEFT, RIGHT"}}) {
    const auto map = parse_track_map(text, 14);
    ASSERT_FALSE(map) << text;
    EXPECT_EQ(map.error().code, Code::invalid);
    EXPECT_THAT(map.error().line(), HasSubstr(says)) << text;
  }
}

}  // namespace
}  // namespace weir::media
