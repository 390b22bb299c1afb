#include "weir/engines/speak/ascii.hpp"

#include <gtest/gtest.h>

namespace weir::speak {
namespace {

TEST(Ascii, TakesAccentsOffAndKnowsWhereEachLetterComesFrom) {
  const Ascii out = to_ascii("Ça “va” — señor Łukasz…");
  EXPECT_EQ(out.text, "Ca \"va\" ,  senor Lukasz...");
  ASSERT_EQ(out.places.size(), out.text.size());
  EXPECT_EQ(out.places[out.text.find("senor")], std::string_view("Ça “va” — ").size());
  EXPECT_EQ(to_ascii("straße Œuvre æther ÀÿĀž").text, "strasse OEuvre aether AyAz");
  EXPECT_EQ(to_ascii("e\u0301t\u00e9").text, "ete") << "marks that combine are dropped";
}

TEST(Ascii, IsBlankWhereItHasNoLetter) {
  EXPECT_EQ(to_ascii("a 日本 b").text, "a    b");
  EXPECT_EQ(to_ascii("£5 × 3").text, " 5   3");
  EXPECT_EQ(to_ascii("\xff\xe6").text, "  ");
}

}  // namespace
}  // namespace weir::speak
