#include "weir/engines/equalize/eq_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace weir::equalize {
namespace {

EqSettings good(std::string_view text) {
  auto settings = parse_eq(text, "test.txt");
  EXPECT_TRUE(settings) << settings.error().line();
  return settings.value_or(EqSettings{});
}

Band only(std::string_view text) {
  const EqSettings settings = good(text);
  EXPECT_EQ(settings.bands.size(), 1u) << text;
  return settings.bands.empty() ? Band{} : settings.bands[0];
}

std::string bad(std::string_view text) {
  const auto settings = parse_eq(text, "my.txt");
  EXPECT_FALSE(settings) << text;
  return settings ? "" : settings.error().line();
}

TEST(EqText, AutoEqParametric) {
  const EqSettings settings = good(
      "Preamp: -6.2 dB\n"
      "Filter 1: ON LSC Fc 105 Hz Gain 5.5 dB Q 0.70\n"
      "Filter 2: ON PK Fc 211 Hz Gain -2.8 dB Q 0.58\n"
      "Filter 3: ON PK Fc 3100.5 Hz Gain 4.0 dB Q 2.41\n"
      "Filter 4: ON HSC Fc 10000 Hz Gain -1.9 dB Q 0.70\n");
  EXPECT_DOUBLE_EQ(settings.preamp_db, -6.2);
  ASSERT_EQ(settings.bands.size(), 4u);
  EXPECT_EQ(settings.bands[0], (Band{.type = Band::Type::low_shelf, .fc_hz = 105, .gain_db = 5.5, .q = 0.7}));
  EXPECT_EQ(settings.bands[1], (Band{.type = Band::Type::peak, .fc_hz = 211, .gain_db = -2.8, .q = 0.58}));
  EXPECT_EQ(settings.bands[2], (Band{.type = Band::Type::peak, .fc_hz = 3100.5, .gain_db = 4, .q = 2.41}));
  EXPECT_EQ(settings.bands[3], (Band{.type = Band::Type::high_shelf, .fc_hz = 10000, .gain_db = -1.9, .q = 0.7}));
}

TEST(EqText, RoomEqWizardExport) {
  const EqSettings settings = good(
      "\xEF\xBB\xBF"
      "Filter Settings file\r\n\r\nRoom EQ V5.31\r\nDated: 3 Feb 2025 10:11:12\r\n\r\nNotes:left: desk\r\n\r\n"
      "Equaliser: Generic\r\nL Feb 3\r\n"
      "Filter  1: ON  PK       Fc   63,8 Hz  Gain  -5,6 dB  Q  4,27\r\n"
      "Filter  2: ON  Modal    Fc   41.0 Hz  Gain  -3.0 dB  Q  8.00  T60 target   300 ms\r\n"
      "Filter  3: ON  None   \r\n"
      "Filter  4: OFF None\r\n"
      "Filter  5: ON  LP       Fc\xC2\xA0"
      "18000\xC2\xA0Hz");
  ASSERT_EQ(settings.bands.size(), 3u);
  EXPECT_EQ(settings.bands[0], (Band{.fc_hz = 63.8, .gain_db = -5.6, .q = 4.27}));
  EXPECT_EQ(settings.bands[1], (Band{.fc_hz = 41, .gain_db = -3, .q = 8}));
  EXPECT_EQ(settings.bands[2].type, Band::Type::low_pass);
  EXPECT_NEAR(settings.bands[2].q, std::sqrt(0.5), 1e-12);
}

TEST(EqText, OffCommentsBlanksAndHarmlessLines) {
  const EqSettings settings = good(
      "# Filter 1: ON PK Fc 100 Hz Gain 3 dB Q 1\n\n   \t\nDevice: all\nStage: post-mix\n"
      "Filter 1: OFF PK Fc 100 Hz Gain 3 dB Q 1\nfilter: on pk fc 200hz gain -3db q1\n");
  ASSERT_EQ(settings.bands.size(), 1u);
  EXPECT_EQ(settings.bands[0], (Band{.fc_hz = 200, .gain_db = -3, .q = 1}));
  EXPECT_TRUE(good("Filter 1: OFF PK Fc 100 Hz Gain 3 dB Q 1").bands.empty());
}

TEST(EqText, EachType) {
  using Type = Band::Type;
  EXPECT_EQ(only("Filter: ON PEQ Fc 100 Hz Gain 3 dB BW Oct 0.5").octaves, 0.5);
  EXPECT_EQ(only("Filter: ON LPQ Fc 100 Hz Q 2"), (Band{.type = Type::low_pass, .fc_hz = 100, .q = 2}));
  EXPECT_EQ(only("Filter: ON HPQ Fc 100 Hz Q 2"), (Band{.type = Type::high_pass, .fc_hz = 100, .q = 2}));
  EXPECT_EQ(only("Filter: ON HP Fc 100 Hz").type, Type::high_pass);
  EXPECT_EQ(only("Filter: ON BP Fc 100 Hz Q 2"), (Band{.type = Type::band_pass, .fc_hz = 100, .q = 2}));
  EXPECT_EQ(only("Filter: ON NO Fc 100 Hz"), (Band{.type = Type::notch, .fc_hz = 100, .q = 30}));
  EXPECT_EQ(only("Filter: ON NO Fc 100 Hz Q 7"), (Band{.type = Type::notch, .fc_hz = 100, .q = 7}));
  EXPECT_EQ(only("Filter: ON AP Fc 100 Hz Q 2"), (Band{.type = Type::all_pass, .fc_hz = 100, .q = 2}));
  EXPECT_EQ(only("Filter: ON LP Fc 100 Hz Gain 0 dB Q 2").type, Type::low_pass);
}

// Q of a slope S as in the cookbook: 1/Q² = (A + 1/A)·(1/S − 1) + 2; A = 10^(6/40) here.
double q_of_slope(double slope) {
  const double a = std::pow(10.0, 6.0 / 40);
  return 1 / std::sqrt((a + 1 / a) * (1 / slope - 1) + 2);
}

TEST(EqText, Shelves) {
  for (const char* name : {"LS", "LSC", "HS", "HSC"}) {
    const Band band = only(std::string("Filter: ON ") + name + " Fc 1000 Hz Gain 6 dB");
    EXPECT_NEAR(band.q, q_of_slope(0.9), 1e-12) << name;
    EXPECT_EQ(band.fc_hz, 1000) << name;
  }
  const Band sloped = only("Filter: ON LSC 6 dB Fc 1000 Hz Gain 6 dB");
  EXPECT_NEAR(sloped.q, q_of_slope(0.5), 1e-12);
  EXPECT_EQ(sloped.fc_hz, 1000);
  EXPECT_NEAR(only("Filter: ON LS 6dB Fc 1000 Hz Gain 6 dB").fc_hz, 1000 * std::pow(10, 6.0 / 80 / 0.5), 1e-9);
  EXPECT_NEAR(only("Filter: ON HS 12 dB Fc 1000 Hz Gain 6 dB").fc_hz, 1000 / std::pow(10, 6.0 / 80), 1e-9);
  EXPECT_NEAR(only("Filter: ON HS 12 dB Fc 1000 Hz Gain -6 dB").fc_hz, 1000 / std::pow(10, 6.0 / 80), 1e-9);
  // The same shelf said by Q.
  const Band by_q = only("Filter: ON LS Fc 1000 Hz Gain 6 dB Q " + std::to_string(q_of_slope(0.5)));
  EXPECT_NEAR(by_q.fc_hz, 1000 * std::pow(10, 6.0 / 80 / 0.5), 0.1);
}

TEST(EqText, ChannelsAndPreamps) {
  const EqSettings settings = good(
      "Preamp: -1 dB\nPreamp: -2 dB\nChannel: L\nPreamp: -4 dB\nFilter: ON PK Fc 1 Hz Gain 1 dB Q 1\n"
      "Channel: 2\nPreamp: 3,5 dB\nFilter: ON PK Fc 2 Hz Gain 1 dB Q 1\n"
      "Channel: l R\nFilter: ON PK Fc 3 Hz Gain 1 dB Q 1\nChannel: all\nFilter: ON PK Fc 4 Hz Gain 1 dB Q 1\n");
  EXPECT_EQ(settings.preamp_db, -3);
  EXPECT_EQ(settings.side_preamp_db[0], -4);
  EXPECT_EQ(settings.side_preamp_db[1], 3.5);
  ASSERT_EQ(settings.bands.size(), 4u);
  EXPECT_EQ(settings.bands[0].side, Band::Side::left);
  EXPECT_EQ(settings.bands[1].side, Band::Side::right);
  EXPECT_EQ(settings.bands[2].side, Band::Side::both);
  EXPECT_EQ(settings.bands[3].side, Band::Side::both);
}

TEST(EqText, NumbersInEveryLocale) {
  EXPECT_EQ(good("Preamp: \xE2\x88\x92"
                 "6,25 dB")
                .preamp_db,
            -6.25);
  EXPECT_EQ(good("Preamp: +1.5e0 dB").preamp_db, 1.5);
  EXPECT_EQ(good("Preamp: -.5 dB").preamp_db, -0.5);
  EXPECT_EQ(good("Preamp: 0,125 dB").preamp_db, 0.125);
  EXPECT_EQ(only("Filter: ON PK Fc 1e3 Hz Gain 1 dB Q 1").fc_hz, 1000);
}

struct Malformed {
  const char* line;
  const char* said;
};

class EachMalformed : public testing::TestWithParam<Malformed> {};

TEST_P(EachMalformed, IsOneErrorWithItsLine) {
  const std::string text = std::string("Preamp: -3 dB\n\n# comment\n") + GetParam().line + "\nFilter: OFF None\n";
  const std::string said = bad(text);
  EXPECT_THAT(said, testing::StartsWith("my.txt:4: "));
  EXPECT_THAT(said, testing::HasSubstr(GetParam().said));
  EXPECT_THAT(said, testing::HasSubstr(std::string("\"") + GetParam().line + "\""));
  EXPECT_EQ(said.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    EqText, EachMalformed,
    testing::Values(
        Malformed{"GraphicEQ: 20 -1.5; 25 -1.3", "another format"}, Malformed{"Include: other.txt", "other files"},
        Malformed{"Device: Speakers", "which lines are for which device"}, Malformed{"Stage: pre-mix", "post-mix"},
        Malformed{"Copy: L=R", "not understood"}, Malformed{"Delay: 10 ms", "not understood"},
        Malformed{"Convolution: room.wav", "not understood"}, Malformed{"Filters: ON PK", "not understood"},
        Malformed{"Filter x: ON PK Fc 1 Hz Gain 1 dB Q 1", "not understood"},
        Malformed{"Filter 1 ON PK Fc 100 Hz Gain 1 dB Q 1", "is no line of an equalizer"},
        Malformed{"Filter 1: PK Fc 100 Hz Gain 1 dB Q 1", "ON or OFF"}, Malformed{"Filter 1:", "ON or OFF"},
        Malformed{"Filter 1: ON", "type of filter"}, Malformed{"Filter 1: ON IIR Order 2", "type of filter"},
        Malformed{"Filter 1: ON None Fc 100 Hz", "type of filter"},
        Malformed{"Filter 1: ON PK Gain 1 dB Q 1", "has no frequency"},
        Malformed{"Filter 1: ON PK Fc 100 Gain 1 dB Q 1", "Fc 105 Hz"},
        Malformed{"Filter 1: ON PK Fc 1 kHz Gain 1 dB Q 1", "Fc 105 Hz"},
        Malformed{"Filter 1: ON PK Fc Hz Gain 1 dB Q 1", "a number is expected"},
        Malformed{"Filter 1: ON PK Fc 100 Hz Q 1", "has no gain"},
        Malformed{"Filter 1: ON LSC Fc 100 Hz Q 1", "no gain"},
        Malformed{"Filter 1: ON PK Fc 100 Hz Gain 1 dB", "has no width"},
        Malformed{"Filter 1: ON AP Fc 100 Hz", "has no width"},
        Malformed{"Filter 1: ON PK Fc 100 Hz Gain 1 Q 1", "Gain -3.5 dB"},
        Malformed{"Filter 1: ON PK Fc 100 Hz Gain 1 dB Q 1 Q 2", "given twice"},
        Malformed{"Filter 1: ON PK Fc 100 Hz Gain 1 dB Q 1 BW Oct 2", "exclude each other"},
        Malformed{"Filter 1: ON PK Fc 100 Hz Gain 1 dB BW 2", "BW Oct 0.5"},
        Malformed{"Filter 1: ON PK Fc 100 Hz Gain 1 dB Q 1 loud", "is not understood"},
        Malformed{"Filter 1: ON PK Fc 100 Hz Gain 1 dB Q 1 T50 target 3 s", "decay time"},
        Malformed{"Filter 1: ON PK 6 dB Fc 100 Hz Gain 1 dB", "only a shelf has a slope"},
        Malformed{"Filter 1: ON LSC 24 dB Fc 100 Hz Gain 1 dB", "slope is to be within"},
        Malformed{"Filter 1: ON LSC 6 Fc 100 Hz Gain 1 dB", "LSC 12 dB"},
        Malformed{"Filter 1: ON LSC Fc 100 Hz Gain 1 dB BW Oct 1", "no BW Oct"},
        Malformed{"Filter 1: ON LP Fc 100 Hz Gain 3 dB", "has no gain"},
        Malformed{"Filter 1: ON PK Fc 0 Hz Gain 1 dB Q 1", "Fc is to be within"},
        Malformed{"Filter 1: ON PK Fc -100 Hz Gain 1 dB Q 1", "Fc is to be within"},
        Malformed{"Filter 1: ON PK Fc 1,000 Hz Gain 1 dB Q 1", "thousands"},
        Malformed{"Filter 1: ON PK Fc 1,000.5 Hz Gain 1 dB Q 1", "thousands"},
        Malformed{"Filter 1: ON PK Fc 1e999 Hz Gain 1 dB Q 1", "a number is expected"},
        Malformed{"Filter 1: ON PK Fc nan Hz Gain 1 dB Q 1", "a number is expected"},
        Malformed{"Filter 1: ON PK Fc 1.2.3 Hz Gain 1 dB Q 1", "a number is expected"},
        Malformed{"Filter 1: ON PK Fc 100 Hz Gain 200 dB Q 1", "Gain is to be within"},
        Malformed{"Filter 1: ON PK Fc 100 Hz Gain 1 dB Q 0", "Q is to be within"},
        Malformed{"Filter 1: ON PK Fc 100 Hz Gain 1 dB BW Oct 0", "BW Oct is to be within"},
        Malformed{"Preamp: loud", "a number is expected"}, Malformed{"Preamp: -3", "Preamp: -6.2 dB"},
        Malformed{"Preamp: -3 dB dB", "Preamp: -6.2 dB"}, Malformed{"Preamp: -98 dB", "all together"},
        Malformed{"Channel: C", "L and R"}, Malformed{"Channel: L SUB", "L and R"},
        Malformed{"Channel:", "names no channel"}, Malformed{"garbage", "is no line of an equalizer"}));

TEST(EqText, WhatIsNoEqualizerAtAll) {
  EXPECT_THAT(bad(""), testing::HasSubstr("my.txt: has neither"));
  EXPECT_THAT(bad("# nothing\n\n"), testing::HasSubstr("neither a Filter: nor a Preamp: line"));
  EXPECT_THAT(bad(std::string_view("\xFF\xFEP\0r\0", 6)), testing::HasSubstr("UTF-16"));
  EXPECT_THAT(bad("\x01\x02\xFF"), testing::HasSubstr("\"???\""));
  EXPECT_THAT(bad(std::string(400, 'x')), testing::HasSubstr("x…\""));
}

TEST(EqText, MoreThanItMayHold) {
  std::string text;
  for (std::size_t i = 0; i < max_bands; ++i) text += "Filter: ON PK Fc 100 Hz Gain 1 dB Q 1\n";
  EXPECT_EQ(good(text).bands.size(), max_bands);
  const auto more = parse_eq(text + "Filter: ON PK Fc 100 Hz Gain 1 dB Q 1\n", "my.txt");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Code::exhausted);
  EXPECT_EQ(more.error().owner, "my.txt:65");
  const auto large = parse_eq(std::string(max_eq_text_bytes + 1, '\n'), "my.txt");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, Code::exhausted);
}

}  // namespace
}  // namespace weir::equalize
