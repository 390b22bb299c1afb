#include "weir/media/audio/speakers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace weir::media {
namespace {

using enum Speaker;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Speakers, EveryNameReadsAsItself) {
  for (const Speaker s : all_speakers()) EXPECT_EQ(speaker_of(to_string(s)), s) << to_string(s);
  EXPECT_EQ(speaker_of("tfl"), TFL);
  EXPECT_EQ(speaker_of("RL"), BL);
  EXPECT_EQ(speaker_of("trr"), TBR);
  EXPECT_EQ(speaker_of("sub"), LFE);
  EXPECT_EQ(speaker_of("C"), FC);
  EXPECT_EQ(speaker_of(""), std::nullopt);
  EXPECT_EQ(speaker_of("F"), std::nullopt);
  EXPECT_EQ(speaker_of("FLX"), std::nullopt);
}

// ITU-R BS.2051: ±30, 0, ±110 in 5.1; ±30, 0, ±90, ±135 in 7.1; the upper four at ±45 and ±135, 30 up.
TEST(Speakers, StandWhereTheStandardSays) {
  const auto azimuth = [](Speaker s, const char* layout) { return direction(s, *parse_layout(layout)).azimuth_deg; };
  EXPECT_EQ(azimuth(FL, "5.1"), 30);
  EXPECT_EQ(azimuth(FR, "5.1"), -30);
  EXPECT_EQ(azimuth(FC, "5.1"), 0);
  EXPECT_EQ(azimuth(BL, "5.1"), 110);
  EXPECT_EQ(azimuth(BR, "5.1"), -110);
  EXPECT_EQ(azimuth(SL, "5.1(side)"), 110);
  EXPECT_EQ(azimuth(SR, "5.1(side)"), -110);
  EXPECT_EQ(azimuth(SL, "6.1"), 90);
  EXPECT_EQ(azimuth(BC, "6.1"), 180);
  EXPECT_EQ(azimuth(SL, "7.1"), 90);
  EXPECT_EQ(azimuth(BR, "7.1"), -135);
  const Layout atmos = *parse_layout("7.1.4");
  for (const auto& [s, a] : {std::pair{TFL, 45}, {TFR, -45}, {TBL, 135}, {TBR, -135}}) {
    EXPECT_EQ(direction(s, atmos).azimuth_deg, a);
    EXPECT_EQ(direction(s, atmos).elevation_deg, 30);
  }
}

TEST(Speakers, MirrorIsOnTheOtherSideAndBack) {
  EXPECT_EQ(mirrored(FL), FR);
  EXPECT_EQ(mirrored(TBR), TBL);
  EXPECT_EQ(mirrored(WL), WR);
  for (const Speaker s : {FC, LFE, BC, TC, TFC, TBC}) EXPECT_EQ(mirrored(s), s) << to_string(s);
  for (const Speaker s : all_speakers()) EXPECT_EQ(mirrored(mirrored(s)), s) << to_string(s);
}

TEST(Speakers, AnglesBetweenDirections) {
  EXPECT_NEAR(angle_between_deg({30, 0}, {-30, 0}), 60, 1e-3);
  EXPECT_NEAR(angle_between_deg({170, 0}, {-170, 0}), 20, 1e-3);
  EXPECT_NEAR(angle_between_deg({0, 90}, {123, 0}), 90, 1e-3);
  // cos = sin² 30° + cos² 30° · cos 90°
  EXPECT_NEAR(angle_between_deg({45, 30}, {-45, 30}), std::acos(0.25) * 57.29578, 1e-2);
}

TEST(Layouts, HaveTheOrdersAndMasksOfWav) {
  EXPECT_EQ(wav_mask(*parse_layout("5.1")), 0x3FU);
  EXPECT_EQ(wav_mask(*parse_layout("5.1(side)")), 0x60FU);
  EXPECT_EQ(wav_mask(*parse_layout("7.1")), 0x63FU);
  EXPECT_EQ(wav_mask(*parse_layout("6.1")), 0x70FU);
  EXPECT_EQ(wav_mask(*parse_layout("7.1.4")), 0x2D63FU);
  EXPECT_EQ(wav_mask(*parse_layout("mono")), 0x4U);
  EXPECT_EQ(wav_mask(*parse_layout("9.1.6")), 0U);  // WAV has no wides
  EXPECT_EQ(wav_mask(*parse_layout("FR,FL")), 0U);  // nor this order
  EXPECT_THAT(parse_layout("7.1")->channels, ElementsAre(FL, FR, FC, LFE, BL, BR, SL, SR));
  EXPECT_THAT(parse_layout("7.1.4")->channels, ElementsAre(FL, FR, FC, LFE, BL, BR, SL, SR, TFL, TFR, TBL, TBR));
}

TEST(Layouts, EveryMaskOfAKnownLayoutReadsAsThatLayout) {
  for (const Layout& known : known_layouts()) {
    EXPECT_EQ(parse_layout(known.name)->channels, known.channels);
    const std::uint32_t mask = wav_mask(known);
    if (mask == 0) continue;
    const auto back = layout_of_mask(mask, static_cast<int>(known.channels.size()));
    ASSERT_TRUE(back) << back.error().line();
    EXPECT_EQ(back->name, known.name);
  }
  const auto custom = layout_of_mask(0xB, 3);
  ASSERT_TRUE(custom);
  EXPECT_EQ(custom->name, "FL,FR,LFE");
  EXPECT_EQ(layout_of_mask(0, 6)->name, "5.1");
}

TEST(Layouts, MasksThatDoNotFitAreRefused) {
  EXPECT_THAT(layout_of_mask(0x3, 6).error().line(), HasSubstr("6 channels, 2 bits"));
  EXPECT_FALSE(layout_of_mask(0x80000000U, 1));
  EXPECT_FALSE(layout_of_mask(0x3FFFF, 18));
  EXPECT_FALSE(layout_of_mask(0x3, -1));
}

TEST(Layouts, AreReadInTheSpellingsThatPeopleUse) {
  for (const auto& [text, name] : {std::pair{"7.1", "7.1"},
                                   {"Stereo", "stereo"},
                                   {"2.0", "stereo"},
                                   {"5.1 (side)", "5.1(side)"},
                                   {"5.1-side", "5.1(side)"},
                                   {"5.1(back)", "5.1"},
                                   {"fl, fr , fc,lfe", "FL,FR,FC,LFE"},
                                   {"FL,FR", "stereo"},
                                   {"FL,FR,FC,LFE,RL,RR", "5.1"},
                                   {" mono ", "mono"}}) {
    const auto layout = parse_layout(text);
    ASSERT_TRUE(layout) << layout.error().line();
    EXPECT_EQ(layout->name, name) << text;
  }
}

TEST(Layouts, WhatIsNoneSaysWhatIsAllowed) {
  const auto unknown = parse_layout("11.2");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().line(), HasSubstr("5.1(side) 6.1 7.0 7.1 7.1.4"));
  EXPECT_THAT(unknown.error().line(), HasSubstr("FL FR FC LFE"));
  EXPECT_THAT(parse_layout("FL,FR,FL").error().line(), HasSubstr("each speaker once"));
  for (const char* text : {"", ",", "FL,", "FL,,FR", "FL FR"}) EXPECT_FALSE(parse_layout(text)) << text;
  EXPECT_FALSE(parse_layout("FL,FR,FC,LFE,BL,BR,SL,SR,BC,FLC,FRC,WL,WR,TFL,TFR,TSL,TSR"));
}

TEST(Layouts, DefaultsAreThoseOfWavAndFlac) {
  for (const auto& [channels, name] : {std::pair{1, "mono"},
                                       {2, "stereo"},
                                       {3, "3.0"},
                                       {4, "quad"},
                                       {5, "5.0"},
                                       {6, "5.1"},
                                       {7, "6.1"},
                                       {8, "7.1"},
                                       {12, "7.1.4"},
                                       {16, "9.1.6"}}) {
    const auto layout = default_layout(channels);
    ASSERT_TRUE(layout) << layout.error().line();
    EXPECT_EQ(layout->name, name);
  }
  for (const int channels : {-1, 0, 9, 11, 17}) EXPECT_FALSE(default_layout(channels)) << channels;
}

}  // namespace
}  // namespace weir::media
