#include "weir/engines/speak/espeak_languages.hpp"

#include <gtest/gtest.h>

namespace weir::speak {
namespace {

const std::vector<EspeakLanguage> known{{"en-gb", "gmw/en", 2},     {"en", "gmw/en", 2},    {"en-us", "gmw/en-US", 2},
                                        {"en", "gmw/en-US", 3},     {"fr-fr", "roa/fr", 5}, {"fr-be", "roa/fr-BE", 8},
                                        {"cmn", "sit/cmn", 5},      {"yue", "sit/yue", 5},  {"nb", "gmq/nb", 5},
                                        {"cmn-latn-pinyin", "x", 5}};

TEST(EspeakLanguages, FindTheirVoice) {
  EXPECT_EQ(voice_for("en", known), "gmw/en");
  EXPECT_EQ(voice_for("EN_us", known), "gmw/en-US");
  EXPECT_EQ(voice_for("en-AU", known), "gmw/en") << "the language, where the variety is not there";
  EXPECT_EQ(voice_for("fr", known), "roa/fr") << "a variety, where the language by itself is not there";
  EXPECT_EQ(voice_for("fr-CA", known), "roa/fr");
  EXPECT_EQ(voice_for("zh-Hans-CN", known), "sit/cmn");
  EXPECT_EQ(voice_for("zh-HK", known), "sit/yue");
  EXPECT_EQ(voice_for("no", known), "gmq/nb");
  EXPECT_EQ(voice_for("tlh", known), "");
  EXPECT_EQ(voice_for("e", known), "");
  EXPECT_EQ(voice_for("", known), "");
}

}  // namespace
}  // namespace weir::speak
