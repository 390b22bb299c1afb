#include "weir/engines/speak/runs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "weir/engines/speak/clean.hpp"
#include "weir/engines/speak/test_utterance.hpp"

namespace weir::speak {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> cut(const Utterance& utterance, std::size_t max_bytes) {
  std::vector<std::string> out;
  std::uint32_t end = 0;
  for (const Range& piece : pieces(utterance.text, utterance.words, max_bytes)) {
    EXPECT_EQ(piece.begin, end) << "nothing is left out or said twice";
    EXPECT_GT(piece.end, piece.begin);
    EXPECT_LE(piece.end - piece.begin, max_bytes);
    out.push_back(utterance.text.substr(piece.begin, piece.end - piece.begin));
    end = piece.end;
  }
  EXPECT_EQ(end, utterance.text.size());
  return out;
}

std::vector<std::string> cut(const std::string& text, std::size_t max_bytes) {
  return cut(test::utterance(text), max_bytes);
}

// Each character a word, as where there are no blanks.
Utterance by_character(const std::string& text, std::string_view marks) {
  Utterance out{text, {}, {}};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = character_bytes(std::string_view(text).substr(at));
    const auto begin = static_cast<std::uint32_t>(at), end = static_cast<std::uint32_t>(at + bytes);
    if (marks.find(text.substr(at, bytes)) == marks.npos) out.words.push_back({begin, end});
    at += bytes;
  }
  return out;
}

TEST(Runs, WhatFitsIsOnePiece) {
  EXPECT_THAT(cut("One, two. Three", 300), ElementsAre("One, two. Three"));
  EXPECT_THAT(cut("", 300), ElementsAre());
}

TEST(Runs, AreCutWhereAReaderBreathes) {
  EXPECT_THAT(cut("He came, he saw. Then he left again, as one does.", 30),
              ElementsAre("He came, he saw. ", "Then he left again, ", "as one does."));
  EXPECT_THAT(cut("no mark in this one at all", 12), ElementsAre("no mark in ", "this one at ", "all"));
  EXPECT_THAT(cut("“Yes!” she said, (or so) and went away from there", 24),
              ElementsAre("“Yes!” ", "she said, ", "(or so) and went away ", "from there"));
}

TEST(Runs, AMarkTooEarlyIsNotWorthAPieceOfItsOwn) {
  EXPECT_THAT(cut("So, what was he to do about it all", 30), ElementsAre("So, what was he to do about ", "it all"));
}

TEST(Runs, WithoutBlanksAreCutBehindMarksAndBetweenWords) {
  EXPECT_THAT(cut(by_character("我来了，我看见了。我走了", "，。"), 20),
              ElementsAre("我来了，", "我看见了。", "我走了"));
  EXPECT_THAT(cut(by_character("吾輩は猫である", ""), 9), ElementsAre("吾輩は", "猫であ", "る"));
}

TEST(Runs, AWordThatIsLongerThanAPieceIsCutBetweenCharacters) {
  EXPECT_THAT(cut("aaaaaaaaaa", 4), ElementsAre("aaaa", "aaaa", "aa"));
  EXPECT_THAT(cut("äöüäöü", 5), ElementsAre("äö", "üä", "öü"));
}

TEST(Runs, AMegabyteWithoutAFullStopIsManyOfThem) {
  std::string text;
  while (text.size() < (std::size_t{1} << 20)) text += "word and word ";
  EXPECT_GT(cut(text, 300).size(), text.size() / 301);
  EXPECT_GT(cut(std::string(std::size_t{1} << 20, 'x'), 300).size(), (std::size_t{1} << 20) / 301);
}

TEST(Runs, AnyTextWithAnyWordsIsCoveredOnce) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  for (int i = 0; i < 2000; ++i) {
    Utterance u;
    for (std::uint32_t k = below(200); k > 0; --k) u.text += "a .,\x80\xe6\x97\"—"[below(10)];
    for (std::uint32_t k = below(20); k > 0; --k) u.words.push_back({below(250), below(250)});
    cut(u, 4 + below(40));
  }
}

TEST(Runs, KnowWhatStandsAtTheirEnd) {
  EXPECT_EQ(stop_at_end("He left.” "), Stop::sentence);
  EXPECT_EQ(stop_at_end("你好。」"), Stop::sentence);
  EXPECT_EQ(stop_at_end("when he came, "), Stop::clause);
  EXPECT_EQ(stop_at_end("in the"), Stop::none);
  EXPECT_EQ(stop_at_end(""), Stop::none);
}

}  // namespace
}  // namespace weir::speak
