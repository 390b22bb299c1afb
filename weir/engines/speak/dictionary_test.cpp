#include "weir/engines/speak/dictionary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/engines/speak/test_words.hpp"

namespace weir::speak {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::utterance;

Spoken spoken(std::string_view rules, const std::string& text) {
  const auto dictionary = Dictionary::parse(rules, "test.txt");
  EXPECT_TRUE(dictionary) << dictionary.error().line();
  return dictionary ? dictionary->apply(as_written(utterance(text))) : Spoken{};
}
std::string said(std::string_view rules, const std::string& text) { return spoken(rules, text).utterance.text; }

std::string bad(std::string_view rules) {
  const auto dictionary = Dictionary::parse(rules, "my.txt");
  EXPECT_FALSE(dictionary) << rules;
  return dictionary ? "" : dictionary.error().line();
}

TEST(Dictionary, AWordStandsAlone) {
  constexpr std::string_view rule = "word: Nguyen = Win";
  EXPECT_EQ(said(rule, "Nguyen met nguyen's (NGUYEN) friend."), "Win met Win's (Win) friend.");
  EXPECT_EQ(said(rule, "Nguyens and xNguyen and Nguyen2"), "Nguyens and xNguyen and Nguyen2");
  EXPECT_EQ(said("word: caf\u00e9 = coffee house", "Caf\u00c9, caf\u00e9s"), "coffee house, caf\u00e9s")
      << "letters of any language";
  EXPECT_EQ(said("word: caf = x", "caf\u00e9"), "caf\u00e9");
  EXPECT_EQ(said("word: New York = the Apple", "In New York now"), "In the Apple now");
}

TEST(Dictionary, AnywhereIsAlsoWithinWords) {
  EXPECT_EQ(said("anywhere: ough = uff", "Tough enough"), "Tuff enuff");
  EXPECT_EQ(said("anywhere: & = and", "salt & pepper"), "salt and pepper");
  EXPECT_EQ(said("anywhere: 東京 = とうきょう", "東京都"), "とうきょう都");
}

TEST(Dictionary, RegexTakesWhatItsBracketsMatch) {
  EXPECT_EQ(said(R"(regex: (\d+) ?km/h = \1 kilometres an hour)", "At 120km/h or 80 km/h."),
            "At 120 kilometres an hour or 80 kilometres an hour.");
  EXPECT_EQ(said(R"(regex: ^so\b = thus)", "So it is so"), "thus it is so") << "the sentence's beginning alone";
  EXPECT_EQ(said(R"(regex: \p{Lu}{2,} = X)", "aaa"), "X") << "capitals do not matter unless it says so";
  EXPECT_EQ(said(R"(case regex: \p{Lu}{2,} = X)", "aaa \u00c4\u00d6 A"), "aaa X A");
  EXPECT_EQ(said(R"(regex: x* = y)", "axxb"), "ayb") << "nothing is no match";
  EXPECT_EQ(said(R"(regex: a|b = \\)", "a"), "\\");
}

TEST(Dictionary, WordsAndAnywhereAreTakenLiterally) {
  EXPECT_EQ(said("anywhere: a.b = \\1", "a.b axb"), "\\1 axb");
  EXPECT_EQ(said("word: C# = C sharp", "C# or C"), "C sharp or C");
  EXPECT_EQ(said("anywhere: a=b = equal", "a=b"), "equal") << "an equals sign without blanks parts nothing";
}

TEST(Dictionary, CaseMattersWhereItSaysSo) {
  EXPECT_EQ(said("case word: Polish = Pole-ish", "Polish polish"), "Pole-ish polish");
  EXPECT_EQ(said("word: \u0394\u03ad\u03bb\u03c4\u03b1 = delta", "\u0394\u0388\u039b\u03a4\u0391"), "delta");
}

TEST(Dictionary, SkippedWordsAreMarkedAndNotSaid) {
  const Spoken result = spoken("skip word: sic\nskip regex: \\[\\d+\\]", "As he (sic) said [12] there");
  EXPECT_THAT(testing::said(result), ElementsAre("As", "he", "-", "said", "-", "there"));
  EXPECT_EQ(said("skip case word: US", "US us"), " us");
}

TEST(Dictionary, OneRangeForEachWordHoweverLongTheReplacement) {
  const Spoken result = spoken("word: Dr = Doctor of Philosophy", "Dr Who");
  EXPECT_THAT(testing::said(result), ElementsAre("Doctor of Philosophy", "Who"));
}

TEST(Dictionary, TheFirstPlaceComesFirstAndThenTheFirstRule) {
  EXPECT_EQ(said("word: b c = 2\nword: a b = 1", "a b c"), "1 c") << "a stands before b";
  EXPECT_EQ(said("word: read = red\nanywhere: re = x", "read reread"), "red xxad");
  EXPECT_EQ(said("anywhere: re = x\nword: read = red", "read"), "xad");
  // The second rule's place was taken, its next one was not.
  EXPECT_EQ(said("anywhere: ab = 1\nanywhere: bc = 2", "abc bc"), "1c 2");
}

TEST(Dictionary, WhatARuleSaysIsNotLookedAtAgain) {
  EXPECT_EQ(said("word: a = b\nword: b = a", "a b"), "b a");
  EXPECT_EQ(said("anywhere: a = aa", "aa"), "aaaa");
}

TEST(Dictionary, CommentsBlanksAndLineEndsOfAnyKind) {
  const auto dictionary = Dictionary::parse("\xEF\xBB\xBF# mine\r\n\r\n  word:  a  =  b \r\n\t# more\n", "test.txt");
  ASSERT_TRUE(dictionary) << dictionary.error().line();
  EXPECT_EQ(dictionary->rules(), 1U);
  EXPECT_EQ(dictionary->apply(as_written(utterance("a"))).utterance.text, "b");
  EXPECT_EQ(Dictionary::parse("", "empty.txt")->rules(), 0U);
}

TEST(Dictionary, AnErrorNamesTheLineAndWhatToDo) {
  EXPECT_THAT(bad("# fine\nwrod: a = b"), ::testing::StartsWith("my.txt:2: is no rule; write \"word: "));
  EXPECT_THAT(bad("wrod: a = b"), HasSubstr("\"wrod: a = b\""));
  EXPECT_THAT(bad("a"), HasSubstr("is no rule"));
  EXPECT_THAT(bad("word: a=b"), HasSubstr("write \" = \" and that, or skip before the rule"));
  EXPECT_THAT(bad("word: a = "), HasSubstr("write \" = \" and that"));
  EXPECT_THAT(bad("word: = b"), HasSubstr("write"));
  EXPECT_THAT(bad("skip word:"), HasSubstr("does not say what is written"));
  EXPECT_THAT(bad("regex: (a = b"), ::testing::AllOf(HasSubstr("RE2"), HasSubstr("missing )")));
  EXPECT_THAT(bad("regex: a = \\1"), HasSubstr("brackets"));
  EXPECT_THAT(bad("word: \xff = b"), HasSubstr("UTF-8"));
}

TEST(Dictionary, RulesAndBytesAreBounded) {
  std::string many;
  for (std::size_t i = 0; i < max_dictionary_rules; ++i) many += "word: a = b\n";
  EXPECT_TRUE(Dictionary::parse(many, "my.txt"));
  EXPECT_THAT(bad(many + "word: a = b"), HasSubstr("my.txt:5001: is one rule too many"));
  EXPECT_THAT(bad(std::string(max_dictionary_bytes + 1, '#')), HasSubstr("1 MiB"));
}

// Backtracking would need longer than the world has.
TEST(Dictionary, NoExpressionTakesForEver) {
  const std::string text(100'000, 'a');
  EXPECT_EQ(said("regex: (a|aa)+$x = y\nregex: (a*)*b = y", text), text);
}

}  // namespace
}  // namespace weir::speak
