#include "weir/flows/read/track.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "weir/flows/read/test_reading.hpp"

namespace weir::read {
namespace {

using test::line_of;

constexpr Gaps gaps{.sentence_s = 0.1, .paragraph_s = 0.2, .chapter_s = 0.5};

// A second of a voice, two words.
speak::Speech speech_of(int rate_hz) {
  speak::Speech speech{.rate_hz = rate_hz, .samples = {}, .words = {{0, rate_hz * 2 / 5}, {rate_hz / 2, rate_hz}}};
  for (int i = 0; i < rate_hz; ++i) speech.samples.push_back(static_cast<std::int16_t>(i % 50 < 25 ? 4000 : -4000));
  return speech;
}

Line at(documents::Position position, std::uint32_t sentence) {
  Line line = line_of(0);
  line.at = position;
  line.sentence = sentence;
  return line;
}

TEST(Track, SilenceIsAsLongAsWhatItParts) {
  Track track(1, gaps, {});
  const speak::Speech speech = speech_of(8000);
  std::int64_t end = 0;
  const auto gap = [&](documents::Position position, std::uint32_t sentence) {
    const auto times = track.add(at(position, sentence), speech);
    EXPECT_TRUE(times);
    const std::int64_t silence = times->start - end;
    EXPECT_EQ(times->end, times->start + 8000);
    EXPECT_EQ(static_cast<std::int64_t>(track.samples().size()), silence + 8000);
    EXPECT_TRUE(std::all_of(track.samples().begin(), track.samples().begin() + silence, [](auto s) { return s == 0; }));
    end = times->end;
    return silence;
  };
  EXPECT_EQ(gap({0, 0}, 0), 0);
  EXPECT_EQ(gap({0, 0}, 1), 800);
  EXPECT_EQ(gap({0, 0}, 1), 400) << "within a sentence";
  EXPECT_EQ(gap({0, 3}, 0), 1600);
  EXPECT_EQ(gap({1, 0}, 0), 4000);
  EXPECT_EQ(track.position(), end);
}

TEST(Track, WordsAreWhereTheirSoundIs) {
  Track track(1, gaps, {});
  ASSERT_TRUE(track.add(at({0, 0}, 0), speech_of(8000)));
  const auto times = track.add(at({0, 1}, 0), speech_of(8000));
  ASSERT_TRUE(times);
  EXPECT_EQ(times->words, (std::vector<speak::WordTime>{{9600, 12800}, {13600, 17600}}));
}

TEST(Track, SilenceScalesWithTheSpeed) {
  for (const double speed : {0.5, 2.0, 3.0}) {
    Track track(speed, gaps, {});
    ASSERT_TRUE(track.add(at({0, 0}, 0), speech_of(8000)));
    const std::int64_t end = track.position();
    EXPECT_NEAR(static_cast<double>(end), 8000 / speed, 400 / speed) << speed;
    const auto times = track.add(at({0, 1}, 0), speech_of(8000));
    ASSERT_TRUE(times);
    EXPECT_EQ(times->start - end, std::llround(0.2 / speed * 8000));
  }
}

TEST(Track, TheRateIsTheNextThatIsAllowedAndStays) {
  constexpr std::array rates = {8000, 16000, 24000};
  Track track(1, gaps, rates);
  ASSERT_TRUE(track.begin(22050));
  EXPECT_EQ(track.rate_hz(), 24000);
  for (const int rate_hz : {22050, 8000, 48000}) {
    track.restart();
    const auto times = track.add(at({0, 0}, 0), speech_of(rate_hz));
    ASSERT_TRUE(times);
    EXPECT_EQ(track.samples().size(), 24000u) << rate_hz;
    EXPECT_NEAR(static_cast<double>(times->words[1].start), 12000, 1) << rate_hz;
    EXPECT_EQ(times->words[1].end, 24000);
  }
  EXPECT_FALSE(track.begin(0));
}

TEST(Track, ANewSoundBeginsAtNothing) {
  Track track(1, gaps, {});
  ASSERT_TRUE(track.add(at({0, 0}, 0), speech_of(8000)));
  track.restart();
  const auto times = track.add(at({1, 0}, 0), speech_of(8000));
  ASSERT_TRUE(times);
  EXPECT_EQ(times->start, 0);
}

}  // namespace
}  // namespace weir::read
