#include "weir/engines/speak/clean.hpp"

#include <gtest/gtest.h>

namespace weir::speak {
namespace {

TEST(CleanText, LeavesWhatIsToBeRead) {
  for (const char* text : {"", "plain text.", "Grüße — “naïve”", "Привет, мир", "日本語。", "שלום", "नमस्ते", "😀 ok",
                           "a\u200db", "\ue000"}) {
    EXPECT_EQ(clean_text(text), text);
  }
}

TEST(CleanText, PutsABlankForEachByteOfWhatIsNone) {
  EXPECT_EQ(clean_text(std::string("a\0b\tc\nd\x01\x7f", 9)), "a b c d  ");
  EXPECT_EQ(clean_text("a\xff\xfe z"), "a   z");
  EXPECT_EQ(clean_text("x\xed\xa0\x80y"), "x   y") << "a lone surrogate";
  EXPECT_EQ(clean_text("x\xc0\xafy"), "x  y") << "longer than it need be";
  EXPECT_EQ(clean_text("x\xe0\x80\xafy"), "x   y");
  EXPECT_EQ(clean_text("x\xf4\x90\x80\x80y"), "x    y") << "beyond the last character";
  EXPECT_EQ(clean_text("cut off \xe6\x97"), "cut off   ");
  EXPECT_EQ(clean_text("\xc2\x85 \xe2\x80\xa8 \xef\xbf\xbe \xef\xb7\x90"), std::string(14, ' '));
}

}  // namespace
}  // namespace weir::speak
