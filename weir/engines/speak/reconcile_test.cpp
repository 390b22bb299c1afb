#include "weir/engines/speak/reconcile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "weir/engines/speak/test_utterance.hpp"

namespace weir::speak {
namespace {

using ::testing::ElementsAre;

std::vector<std::int64_t> starts(const std::string& text, const std::vector<Heard>& heard, std::int64_t samples) {
  const Utterance u = test::utterance(text);
  const auto times = reconcile(u.text, u.words, heard, samples);
  std::vector<std::int64_t> out;
  for (const WordTime& time : times) out.push_back(time.start);
  EXPECT_EQ(times.size(), u.words.size());
  if (!times.empty()) {
    EXPECT_LE(times.back().end, samples);
  }
  return out;
}

TEST(Reconcile, TakesWhatIsTold) {
  EXPECT_THAT(starts("one two three", {{0, 0}, {4, 100}, {8, 250}}, 400), ElementsAre(0, 100, 250));
}

TEST(Reconcile, AMergedWordSharesWithItsNeighbourByLetters) {
  // "for the": seven hundred samples for three letters and three.
  EXPECT_THAT(starts("go for the hills", {{0, 0}, {3, 200}, {11, 800}}, 1000), ElementsAre(0, 200, 500, 800));
  EXPECT_THAT(starts("a bbb", {}, 400), ElementsAre(0, 100)) << "nothing told at all";
  EXPECT_THAT(starts("ä ббб", {}, 400), ElementsAre(0, 100)) << "letters, not bytes";
  EXPECT_THAT(starts("aa bb cc", {{3, 300}}, 900), ElementsAre(0, 300, 600)) << "at both ends";
}

TEST(Reconcile, SeveralOfOneWordAreItsFirst) {
  EXPECT_THAT(starts("for $1,234.50 more", {{0, 0}, {4, 90}, {5, 120}, {6, 300}, {6, 500}, {9, 700}, {14, 900}}, 1000),
              ElementsAre(0, 90, 900));
}

TEST(Reconcile, ThoseBetweenWordsGoToTheOneBeforeOrAtThem) {
  EXPECT_THAT(starts("“so” — no", {{0, 10}, {11, 200}, {14, 300}}, 400), ElementsAre(10, 200, 300));
  EXPECT_THAT(starts("  lead in", {{0, 10}, {7, 100}}, 200), ElementsAre(10, 100)) << "before the first is the first";
  EXPECT_THAT(starts("one two", {{0, 0}, {3, 50}, {4, 100}}, 200), ElementsAre(0, 100));
}

TEST(Reconcile, OneThatContradictsMostOfThemIsPassedOver) {
  EXPECT_THAT(starts("a b c d", {{0, 900}, {2, 100}, {4, 200}, {6, 300}}, 1000), ElementsAre(0, 100, 200, 300));
  EXPECT_THAT(starts("a b c d", {{0, 0}, {2, 100}, {4, 20}, {6, 300}}, 1000).back(), 300);
  EXPECT_THAT(starts("a b", {{0, -5}, {2, 5000}, {2, 600}}, 1000), ElementsAre(0, 600)) << "outside of the sound";
}

TEST(Reconcile, WithoutWordsOrSoundThereIsNothingToTell) {
  EXPECT_THAT(starts("", {{0, 0}}, 10), ElementsAre());
  EXPECT_THAT(starts("a b", {{0, 0}, {2, 4}}, 0), ElementsAre(0, 0));
}

void expect_sound(const std::vector<WordTime>& times, std::size_t words, std::int64_t samples) {
  ASSERT_EQ(times.size(), words);
  std::int64_t before = 0;
  for (const WordTime& time : times) {
    ASSERT_LE(before, time.start);
    ASSERT_LE(time.start, time.end);
    before = time.end;
  }
  ASSERT_LE(before, samples);
}

TEST(Reconcile, AnyEventsGiveEveryWordATimeInOrder) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (std::uint32_t k = below(60); k > 0; --k) text += "ab c"[below(4)];
    const Utterance u = test::utterance(text);
    std::vector<Heard> heard;
    for (std::uint32_t k = below(30); k > 0; --k) heard.push_back({below(80), std::int64_t{below(1200)} - 100});
    Speech speech{22050, std::vector<std::int16_t>(below(1000)), {}};
    for (auto& sample : speech.samples) sample = static_cast<std::int16_t>(below(3) == 0 ? below(2000) : 0);
    const auto size = static_cast<std::int64_t>(speech.samples.size());
    speech.words = reconcile(u.text, u.words, heard, size);
    expect_sound(speech.words, u.words.size(), size);
    trim(speech);
    expect_sound(speech.words, u.words.size(), static_cast<std::int64_t>(speech.samples.size()));
  }
}

// Sound where `loud` says so, in thousandths of a second at 10 kHz.
Speech speech(int length_ms, const std::vector<std::pair<int, int>>& loud_ms, std::vector<WordTime> words_ms) {
  Speech out{10'000, std::vector<std::int16_t>(static_cast<std::size_t>(length_ms) * 10), {}};
  for (const auto& [from, to] : loud_ms) {
    for (int i = from * 10; i < to * 10; ++i) out.samples[static_cast<std::size_t>(i)] = i % 2 == 0 ? 5000 : -5000;
  }
  for (const WordTime& word : words_ms) out.words.push_back({word.start * 10, word.end * 10});
  return out;
}

TEST(Trim, TakesSilenceOffBothEndsAndMovesTheWords) {
  Speech s = speech(1000, {{200, 500}, {510, 800}}, {{190, 505}, {505, 1000}});
  trim(s);
  EXPECT_EQ(s.samples.size(), 6120U);  // 2 ms before, 10 ms behind
  EXPECT_THAT(s.words, ElementsAre(WordTime{0, 3070}, WordTime{3100, 6040}));
}

TEST(Trim, AWordBeginsWithItsSoundAndEndsBeforeItsPause) {
  Speech s = speech(1000, {{0, 200}, {540, 1000}}, {{0, 500}, {500, 1000}});
  trim(s);
  EXPECT_THAT(s.words, ElementsAre(WordTime{0, 2020}, WordTime{5380, 10000}));
}

TEST(Trim, ASilentSpeechIsEmpty) {
  Speech s = speech(100, {}, {{0, 50}, {50, 100}});
  trim(s);
  EXPECT_TRUE(s.samples.empty());
  EXPECT_THAT(s.words, ElementsAre(WordTime{0, 0}, WordTime{0, 0}));
  Speech nothing;
  trim(nothing);
  EXPECT_TRUE(nothing.samples.empty());
}

}  // namespace
}  // namespace weir::speak
