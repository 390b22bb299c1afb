#include "weir/engines/speak/skip.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/engines/speak/test_words.hpp"

namespace weir::speak {
namespace {

using testing::utterance;

std::string said(const std::string& text) { return skip_addresses(as_written(utterance(text))).utterance.text; }

TEST(SkipAddresses, OfTheNetworkAreNotSaid) {
  EXPECT_EQ(said("See https://example.com/a?b=c#d for more"), "See  for more");
  EXPECT_EQ(said("HTTP://EXAMPLE.COM and ftp://a.b/c and www.example.org"), " and  and ");
  EXPECT_EQ(said("Write to john.doe+x@mail.example.co.uk or mailto:me@example.com."), "Write to  or .");
}

TEST(SkipAddresses, ThePunctuationOfTheSentenceStays) {
  EXPECT_EQ(said("(see https://example.com/a)."), "(see ).");
  EXPECT_EQ(said("https://example.com/wiki/A_(b) is one."), " is one.");
  EXPECT_EQ(said("Is it www.example.com?!"), "Is it ?!");
  EXPECT_EQ(said("<https://example.com> “www.example.com”"), "<> “”");
}

TEST(SkipAddresses, TextOfOtherScriptsEndsThemButNotTheirLetters) {
  EXPECT_EQ(said("https://example.com/を見る"), "を見る");
  EXPECT_EQ(said("https://de.example.org/Zürich liegt"), " liegt");
  EXPECT_EQ(said("见https://example.com。好"), "见。好");
}

TEST(SkipAddresses, WhatOnlyLooksALittleLikeOneIsSaid) {
  for (const char* text : {"and/or", "at 5 p.m./6 p.m.", "U.S./UK", "me @ home", "a@b", "the end.Then", "example.com",
                           "http", "https: yes", "://", "https://", "www."}) {
    EXPECT_EQ(said(text), text);
  }
}

TEST(SkipAddresses, TheirWordsAreMarked) {
  const Spoken spoken = skip_addresses(as_written(utterance("See https://example.com/a b.")));
  EXPECT_THAT(testing::said(spoken), ::testing::ElementsAre("See", "-", "b"));
}

}  // namespace
}  // namespace weir::speak
