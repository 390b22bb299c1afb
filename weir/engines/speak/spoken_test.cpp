#include "weir/engines/speak/spoken.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "weir/engines/speak/test_words.hpp"

namespace weir::speak {
namespace {

using ::testing::ElementsAre;
using testing::said;
using testing::utterance;

Spoken edited(const Spoken& spoken, std::string_view what, std::string by) {
  const auto at = static_cast<std::uint32_t>(spoken.utterance.text.find(what));
  return rewrite(spoken, {{{at, static_cast<std::uint32_t>(at + what.size())}, std::move(by)}});
}
Spoken edited(const std::string& text, std::string_view what, std::string by) {
  return edited(as_written(utterance(text)), what, std::move(by));
}

TEST(Spoken, WithoutEditsItIsWhatIsWritten) {
  const Spoken spoken = as_written(utterance("One, two."));
  EXPECT_EQ(rewrite(spoken, {}).utterance.text, "One, two.");
  EXPECT_THAT(said(spoken), ElementsAre("One", "two"));
}

TEST(Spoken, AReplacementOfSeveralWordsIsOneRange) {
  const Spoken spoken = edited("See Dr. Who now.", "Dr.", "Doctor of something");
  EXPECT_EQ(spoken.utterance.text, "See Doctor of something Who now.");
  EXPECT_THAT(said(spoken), ElementsAre("See", "Doctor of something", "Who", "now"));
  EXPECT_EQ(spoken.utterance.words.size(), 4U);
  EXPECT_EQ(spoken.utterance.language, "en");
}

TEST(Spoken, WordsThatAreReplacedTogetherShareWhatIsSaid) {
  const Spoken spoken = edited("In New York today", "New York", "the Apple");
  EXPECT_THAT(said(spoken), ElementsAre("In", "the Apple", "the Apple", "today"));
  EXPECT_EQ(spoken.utterance.words.size(), 3U);
}

TEST(Spoken, AnEditThatReachesIntoTwoWordsMakesThemOne) {
  const Spoken spoken = edited("abc def ghi", "c d", "X");
  EXPECT_EQ(spoken.utterance.text, "abXef ghi");
  EXPECT_THAT(said(spoken), ElementsAre("abXef", "abXef", "ghi"));
}

TEST(Spoken, ASkippedWordIsNotSaidAndIsMarked) {
  const Spoken spoken = edited("one two three", "two", "");
  EXPECT_THAT(said(spoken), ElementsAre("one", "-", "three"));
  EXPECT_EQ(spoken.utterance.words.size(), 2U);
}

TEST(Spoken, PartOfAWordKeepsTheRest) {
  EXPECT_THAT(said(edited("a tough day", "ough", "uff")), ElementsAre("a", "tuff", "day"));
  EXPECT_THAT(said(edited("a tough day", "ough", "")), ElementsAre("a", "t", "day"));
}

TEST(Spoken, WhatIsSaidBetweenWordsGoesWithTheWordBefore) {
  EXPECT_THAT(said(edited("salt & pepper", "&", "and")), ElementsAre("salt and", "pepper"));
  EXPECT_THAT(said(edited("& pepper", "&", "and")), ElementsAre("and pepper"));
  EXPECT_THAT(said(edited("salt & pepper", "&", ",")), ElementsAre("salt", "pepper")) << "punctuation is not said";
  EXPECT_TRUE(edited("&", "&", "and").utterance.words.empty());
}

TEST(Spoken, ReplacingOnceMoreStillKnowsTheFirstWords) {
  const Spoken once = edited("drop this, in New York", "this", "");
  const Spoken twice = edited(once, "New York", "the Apple");
  EXPECT_THAT(said(twice), ElementsAre("drop", "-", "in", "the Apple", "the Apple"));
}

TEST(Spoken, TimesComeBackToTheWordsAsWritten) {
  const Utterance text = utterance("& one two abc abcdef end");
  Spoken spoken = edited(as_written(text), "two", "");
  spoken = edited(spoken, "abc abcdef", "X Y Z");
  ASSERT_EQ(spoken.utterance.words.size(), 3U);
  const std::vector<WordTime> said = {{100, 200}, {300, 390}, {400, 500}};
  EXPECT_THAT(
      times_as_written(spoken, said, text.words),
      ElementsAre(WordTime{100, 200}, WordTime{200, 200}, WordTime{300, 330}, WordTime{330, 390}, WordTime{400, 500}));
}

TEST(Spoken, WhatIsSkippedBeforeAnythingIsSaidTakesNoTimeAtTheStart) {
  const Utterance text = utterance("one two");
  const Spoken spoken = edited(as_written(text), "one", "");
  EXPECT_THAT(times_as_written(spoken, {{50, 60}}, text.words), ElementsAre(WordTime{0, 0}, WordTime{50, 60}));
}

// Any edits of any text: ranges in order within the text, each word said or marked, times in order.
TEST(Spoken, WhateverIsEditedWordsAndTimesStayInOrder) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&](std::size_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::uint32_t length = below(40); length > 0; --length) text += "ab c,d e"[below(8)];
    const Utterance written = utterance(text);
    Spoken spoken = as_written(written);
    for (std::uint32_t times = below(3); times > 0; --times) {
      std::vector<Edit> edits;
      for (std::uint32_t at = below(6); at < spoken.utterance.text.size();) {
        const auto end =
            std::min<std::uint32_t>(at + 1 + below(8), static_cast<std::uint32_t>(spoken.utterance.text.size()));
        edits.push_back({{at, end}, std::vector<std::string>{"", "x", "yy zz", ",", " "}[below(5)]});
        at = end + below(6);
      }
      spoken = rewrite(spoken, edits);
    }
    std::uint32_t end = 0;
    std::vector<WordTime> said;
    for (const Range& word : spoken.utterance.words) {
      ASSERT_LE(end, word.begin) << text;
      ASSERT_LT(word.begin, word.end) << text;
      said.push_back({word.begin * 10, word.end * 10});
      end = word.end;
    }
    ASSERT_LE(end, spoken.utterance.text.size());
    ASSERT_EQ(spoken.said_as.size(), written.words.size());
    std::vector<bool> of_somebody(spoken.utterance.words.size());
    for (const auto& as : spoken.said_as) {
      if (as) of_somebody.at(*as) = true;
    }
    for (const bool known : of_somebody) ASSERT_TRUE(known) << text;
    const std::vector<WordTime> times = times_as_written(spoken, said, written.words);
    ASSERT_EQ(times.size(), written.words.size());
    std::int64_t before = 0;
    for (const WordTime& time : times) {
      ASSERT_LE(before, time.start) << text;
      ASSERT_LE(time.start, time.end) << text;
      before = time.end;
    }
  }
}

}  // namespace
}  // namespace weir::speak
