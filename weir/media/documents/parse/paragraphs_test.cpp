#include "weir/media/documents/parse/paragraphs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace weir::documents {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Paragraph> read(const std::string& text, const std::string& language = "en") {
  RawParagraph raw;
  raw.text = text;
  raw.pieces.push_back({{0, static_cast<std::uint32_t>(text.size())}, {.begin = 100, .end = 100 + text.size()}});
  return paragraphs_of(raw, language);
}

std::string cut(const Paragraph& p, Range range) { return p.text.substr(range.begin, range.end - range.begin); }

std::vector<std::string> words(const std::string& text, const std::string& language = "en") {
  std::vector<std::string> out;
  for (const Paragraph& p : read(text, language)) {
    for (const Word& w : p.words) out.push_back(cut(p, w.text));
  }
  return out;
}

std::vector<std::string> sentences(const std::string& text, const std::string& language) {
  std::vector<std::string> out;
  for (const Paragraph& p : read(text, language)) {
    for (const Sentence& s : p.sentences) out.push_back(cut(p, s.text));
  }
  return out;
}

std::vector<std::string> divided(const std::string& text, char at) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (c == at)
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

// Words between bars; what no bar touches is no word's.
struct WordCase {
  std::string text, words;
};

TEST(Words, AreWhatAVoiceSaysAsOne) {
  const std::vector<WordCase> cases{
      {"Plain words, here.", "Plain|words|here"},
      {"don't can\u2019t rock'n'roll", "don't|can\u2019t|rock'n'roll"},
      {"re-opened well-to-do", "re-opened|well-to-do"},
      {"$1,234.50 and 2024", "$1,234.50|and|2024"},
      {"mail e-mail@host.org now", "mail|e-mail@host.org|now"},
      {"(in brackets) [1] {x}", "in|brackets|1|x"},
      {"one\u2014two\u2013three--four---five", "one|two|three|four|five"},
      {"wait...what\u2026now", "wait|what|now"},
      {"and/or 1/2 km/h", "and|or|1/2|km|h"},
      {"see https://example.org/a/b?c=d,e.", "see|https://example.org/a/b?c=d,e"},
      {"50% 20\u00b0 #5 +3 -4 \u22125 \u20ac7 7\u20ac -$1 30\u00b0C",
       "50%|20\u00b0|#5|+3|-4|\u22125|\u20ac7|7\u20ac|-$1|30\u00b0C"},
      {"#tag -dash %x", "tag|dash|x"},
      {"* * * \u2014 ! \u2026 \U0001F600 &", ""},
      {"\u201cQuoted,\u201d he \u2018said\u2019 \u00abso\u00bb", "Quoted|he|said|so"},
      {"one,two;three 1,2", "one|two|three|1,2"},
      {"U.S.A. 3.14 .5 12:30", "U.S.A|3.14|.5|12:30"},
      {"na\u0308ive e\u0301t\u00e9\u0301", "na\u0308ive|e\u0301t\u00e9\u0301"},
      {"\u00bd \u2163 x\u00b2", "\u00bd|\u2163|x\u00b2"},
      {"_markup_ *and* `code`", "markup|and|code"},
      {"soft\u00adhyphen con\u0001trol", "softhyphen|control"},
      // Arabic, Hebrew with points, Hindi with marks and joiners, Greek, Russian, Korean
      {"\u0645\u0631\u062d\u0628\u0627\u060c \u0639\u0627\u0644\u0645\u061f",
       "\u0645\u0631\u062d\u0628\u0627|\u0639\u0627\u0644\u0645"},
      {"\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd \u05e2\u05d5\u05dc\u05dd.",
       "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd|\u05e2\u05d5\u05dc\u05dd"},
      {"\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e\u0964",
       "\u0928\u092e\u0938\u094d\u0924\u0947|\u0926\u0941\u0928\u093f\u092f\u093e"},
      {"\u0633\u0631\u0631\u0646\u06af\u06cc\u0646\u200c\u06a9\u0645\u0627\u0646",
       "\u0633\u0631\u0631\u0646\u06af\u06cc\u0646\u200c\u06a9\u0645\u0627\u0646"},
      {"한국어 문장.", "한국어|문장"},
      {"吾輩は猫である。", "吾輩|は|猫|で|ある"},
      {"你好，世界！", "你好|世界"},
      {"「東京」へ", "東京|へ"},
      {"iPhoneを3台", "iPhone|を|3|台"},
      {"สวัสดีชาวโลก", "สวัสดี|ชาว|โลก"},
  };
  for (const WordCase& c : cases) {
    const auto expected = c.words.empty() ? std::vector<std::string>() : divided(c.words, '|');
    EXPECT_THAT(words(c.text), ElementsAreArray(expected)) << c.text;
  }
}

// Bars where sentences begin.
struct SentenceCase {
  const char* language;
  std::string text;
};

TEST(Sentences, EndWhereAReaderPauses) {
  const std::vector<SentenceCase> cases{
      {"en", "One.| Two!| Three?| Four."},
      {"en", "Mr. Smith met Dr. Jones and Mrs. Brown.| They left."},
      {"en", "It was J. R. R. Tolkien.| He wrote."},
      {"en", "J.R.R. Tolkien wrote it."},
      {"en", "He lives in the U.S. Army base.| It is in the U.S.| It is big."},
      {"en", "See No. 5 and p. 12, e.g. the map, i.e. Figure 3.| Done."},
      {"en", "Pi is 3.14 or so.| No more."},
      {"en", "No.| He said no."},
      {"en", "Acme Inc. Makers sold it.| Then Acme Inc.| The end."},
      {"en", "Wait... what is it?| He waited...| Then he left."},
      {"en", "Well\u2026 perhaps.| I wonder\u2026| Then again."},
      {"en", "\u201cReally?\u201d he said.| \u201cYes.\u201d| \u201cOh!\u201d"},
      {"en", "\"Stop!\" she cried.| \"Now.\"| He did."},
      {"en", "He said \u2018No.\u2019| Then he left.| (That was all.)| Really."},
      {"en", "Oh! how lovely it is.| Is it?| Yes."},
      {"en", "It is I.| He left."},
      {"en", "At 5 p.m.| Mr. Brown came."},
      {"en", "1. The first.| 2. The second."},
      {"en", "See http://example.org/?q=1.2!x for more.| End."},
      {"en", "CHAPTER I.| Down the Rabbit-Hole"},
      {"en", "* * *"},
      {"de", "Am 3. Oktober kam Hr. Dr. Meier, z. B. mit Nr. 5.| Er ging."},
      {"de", "Im 19. Jahrhundert lebte Ludwig XIV. in Paris.| Dann starb er."},
      {"de", "Das gilt u. a. f\u00fcr Hunde, d. h. Tiere usw.| Die Katze auch."},
      {"de", "\u201eKomm!\u201c, rief er.| \u201eNein.\u201c| \u00bbDoch.\u00ab| \u00bbNie!\u00ab"},
      {"de", "Er ist 12.| Dann ging er."},
      {"fr", "M. Dupont et Mme. Durand, p. ex. ici.| Ils parlent."},
      {"fr", "\u00ab Bonjour ! \u00bb dit-il.| \u00ab Qui est l\u00e0 ? \u00bb| Personne."},
      {"es", "\u00bfQu\u00e9 hora es?| El Sr. L\u00f3pez no sabe.| \u00a1Vaya!"},
      {"it", "Il sig. Rossi \u00e8 qui.| Ecco."},
      {"pl", "Dr. Kowalski ma 5. miejsce.| On wygra\u0142."},
      {"ru", "В 1990 г. Петров, т. е. он, уехал.| Он жив.| \u2014 Да! \u2014 сказал он."},
      {"el", "Τι κάνεις;| Καλά είμαι.| Εσύ;"},
      {"he", "שלום עולם.| מה שלומך?| טוב!"},
      {"ar", "مرحبا بالعالم.| كيف حالك؟| بخير."},
      {"ur", "یہ کتاب ہے۔| وہ قلم ہے۔"},
      {"hi", "नमस्ते दुनिया।| आप कैसे हैं?| मैं ठीक हूँ।"},
      {"ja", "吾輩は猫である。|名前はまだ無い。|「行こう。」と言った。|「はい！」"},
      {"cmn", "你好。|今天天气很好！|（真的吗？）|是的。"},
      {"hy", "Բարեւ աշխարհ։| Ինչպես ես։"},
      {"ka", "ეს არის წიგნი.| ის დიდია."},
      {"th", "สวัสดีครับ"},
  };
  for (const SentenceCase& c : cases) {
    std::string text;
    for (const char x : c.text) {
      if (x != '|') text += x;
    }
    std::vector<std::string> expected = divided(c.text, '|');
    for (std::string& s : expected) {
      if (s.starts_with(' ')) s.erase(0, 1);
    }
    if (words(text, c.language).empty()) expected.clear();
    EXPECT_THAT(sentences(text, c.language), ElementsAreArray(expected)) << c.text;
  }
}

TEST(Paragraphs, BlanksAreSingleAndControlCharactersGone) {
  const auto p = read(" \t one\u00a0\n\n two\u3000three\x01\x02 \u200b ");
  ASSERT_THAT(p, SizeIs(1));
  EXPECT_EQ(p[0].text.substr(0, 13), "one two three");
}

TEST(Paragraphs, EachWordHasItsPlaceInTheFile) {
  const auto p = read("  one  t\u00adwo ");
  ASSERT_THAT(p, SizeIs(1));
  ASSERT_THAT(p[0].words, SizeIs(2));
  EXPECT_EQ(p[0].words[0].source, (Source{.begin = 102, .end = 105}));
  EXPECT_EQ(p[0].words[1].source, (Source{.begin = 107, .end = 112}));  // the soft hyphen is in it
}

TEST(Paragraphs, AWordOfSeveralPiecesIsFromTheFirstToTheLast) {
  RawParagraph raw;
  raw.text = "caf\u00e9s and";
  raw.pieces = {{{0, 3}, {.begin = 10, .end = 13}},
                {{3, 5}, {.begin = 13, .end = 21}, false},  // &eacute;
                {{5, 6}, {.begin = 21, .end = 22}}};
  const auto p = paragraphs_of(raw, "");
  ASSERT_THAT(p, SizeIs(1));
  EXPECT_EQ(p[0].words[0].source, (Source{.begin = 10, .end = 22}));
  EXPECT_EQ(p[0].words[1].source, Source{});
}

TEST(Paragraphs, ABoxIsAroundTheWordOnItsLine) {
  RawParagraph raw;
  raw.text = "together";
  raw.pieces = {{{0, 2}, {.page = 3, .left = 10, .top = 10, .right = 20, .bottom = 20}, false},
                {{2, 4}, {.page = 3, .left = 20, .top = 11, .right = 30, .bottom = 21}, false},
                {{4, 8}, {.page = 3, .left = 5, .top = 30, .right = 20, .bottom = 40}, false}};
  const auto p = paragraphs_of(raw, "");
  EXPECT_EQ(p[0].words[0].source, (Source{.page = 3, .left = 10, .top = 10, .right = 30, .bottom = 21}));
}

TEST(Paragraphs, WithoutWordsThereIsNone) {
  EXPECT_THAT(read("* * *"), IsEmpty());
  EXPECT_THAT(read(""), IsEmpty());
  EXPECT_THAT(read("\uFFFD \u2014 \U0001F600"), IsEmpty());
}

TEST(Paragraphs, ASentenceEndsWhereTheFormatSaysSo) {
  EXPECT_THAT(sentences("CHAPTER I\u2029Down the hole", "en"), ElementsAre("CHAPTER I", "Down the hole"));
}

TEST(Paragraphs, WhatIsNoWordGoesWithASentence) {
  EXPECT_THAT(sentences("\u2014! One. * * * Two. \u2026", "en"), ElementsAre("\u2014! One.", "* * * Two. \u2026"));
}

TEST(Paragraphs, TheLanguageIsThatOfTheScriptUnlessSaid) {
  const std::vector<std::array<std::string, 3>> cases{
      {"hello", "", ""},      {"hello", "en-GB", "en-GB"}, {"hello", "en_US", "en-US"},
      {"hello", "ru", ""},    {"привет", "", "ru"},        {"привіт", "uk", "uk"},
      {"привет", "en", "ru"}, {"γειά", "", "el"},          {"שלום", "en", "he"},
      {"مرحبا", "", "ar"},    {"سلام", "fa", "fa"},        {"नमस्ते", "", "hi"},
      {"नमस्कार", "mr", "mr"}, {"漢字", "", "cmn"},         {"漢字", "ja", "ja"},
      {"漢字かな", "", "ja"}, {"カナ", "en", "ja"},        {"한국", "", "ko"},
      {"ไทย", "", "th"},      {"ქართული", "", "ka"},       {"తెలుగు", "", "te"},
      {"Հայ", "", "hy"},      {"1984", "de", "de"},        {"hello", "!!", ""},
      {"zdravo", "sr", "sr"}, {"здраво", "sr", "sr"},      {"Tokyo", "ja-Latn", "ja-Latn"},
  };
  for (const auto& [text, said, expected] : cases) {
    const auto p = read(text, said);
    ASSERT_THAT(p, SizeIs(1));
    EXPECT_EQ(p[0].language, expected) << text << " " << said;
  }
}

TEST(Paragraphs, TheirOwnLanguageGoesBeforeTheBooks) {
  RawParagraph raw;
  raw.text = "bonjour";
  raw.language = "fr";
  EXPECT_EQ(paragraphs_of(raw, "en")[0].language, "fr");
}

TEST(Paragraphs, WhatParsersTellIsBounded) {
  RawParagraph raw;
  raw.kind = Kind::heading;
  raw.level = 9;
  raw.text = "deep";
  raw.element = "a\x01.html#/p";
  EXPECT_EQ(paragraphs_of(raw, "")[0].level, 6);
  EXPECT_EQ(paragraphs_of(raw, "")[0].element, "");
  raw.element.assign(5000, 'x');
  EXPECT_EQ(paragraphs_of(raw, "")[0].element, "");
  raw.element = "a.html#/p";
  EXPECT_EQ(paragraphs_of(raw, "")[0].element, "a.html#/p");
}

TEST(Paragraphs, TheDirectionIsThatOfTheFirstLetter) {
  EXPECT_TRUE(read("1. שלום hello")[0].right_to_left);
  EXPECT_TRUE(read("(مرحبا)")[0].right_to_left);
  EXPECT_FALSE(read("hello שלום")[0].right_to_left);
}

// What holds of every paragraph.
void expect_sound(const Paragraph& p, const std::string& what) {
  ASSERT_LE(p.text.size(), most_text_bytes) << what;
  ASSERT_LE(p.words.size(), most_words) << what;
  ASSERT_FALSE(p.words.empty()) << what;
  std::uint32_t at = 0;
  std::size_t word = 0;
  for (const Sentence& s : p.sentences) {
    ASSERT_EQ(s.first_word, word) << what;
    ASSERT_GT(s.words, 0U) << what;
    ASSERT_GE(s.text.begin, at) << what;
    ASSERT_LE(s.text.end, p.text.size()) << what;
    at = s.text.begin;
    for (std::uint32_t i = 0; i < s.words; ++i, ++word) {
      const Range w = p.words.at(word).text;
      ASSERT_GE(w.begin, at) << what;
      ASSERT_GT(w.end, w.begin) << what;
      ASSERT_LE(w.end, s.text.end) << what;
      at = w.end;
    }
  }
  ASSERT_EQ(word, p.words.size()) << what;
}

TEST(Paragraphs, WhatIsTooLongIsDividedAndNothingIsLost) {
  std::string many, endless, long_sentences;
  for (int i = 0; i < 10000; ++i) many += "a ";
  for (int i = 0; i < 6000; ++i) endless += "word" + std::to_string(i) + " ";
  for (int i = 0; i < 900; ++i) long_sentences += "This is a sentence of the text, number " + std::to_string(i) + ". ";
  std::size_t found = 0;
  for (const std::string& text : {many, endless}) {
    found = 0;
    for (const Paragraph& p : read(text)) {
      expect_sound(p, "long");
      found += p.words.size();
    }
    EXPECT_EQ(found, text == many ? 10000U : 6000U);
  }
  const auto parts = read(long_sentences);
  EXPECT_GT(parts.size(), 1U);
  for (const Paragraph& p : parts) {
    expect_sound(p, "sentences");
    EXPECT_TRUE(p.text.ends_with(".")) << p.text.substr(p.text.size() - 40);
  }
  for (const Paragraph& p : read(std::string(60000, 'x'))) expect_sound(p, "one word");
  for (const Paragraph& p : read("a " + std::string(60000, '*') + " b")) expect_sound(p, "signs");
}

TEST(Paragraphs, AreSoundWhateverTheTextIs) {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  const std::vector<std::string> parts{"a",      "B",       ".",      "!",    "?",      " ",   " ",  "\"", "\u201c",
                                       "\u201d", "\u2026",  "--",     "1",    ",",      "/",   "猫", "。", "\u2029",
                                       "é",      "e\u0301", "\u0964", "שלום", "は",     "ไทย", "\n", "Mr", "$",
                                       "\u00bb", "\u00ab",  "\x01",   "\xff", "\u200d", "%"};
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    const std::size_t length = random() % 60;
    for (std::size_t n = 0; n < length; ++n) text += parts[random() % parts.size()];
    for (const char* language : {"en", "de", "el", "ja"}) {
      for (const Paragraph& p : read(text, language)) expect_sound(p, text + " seed " + std::to_string(seed));
    }
  }
}

}  // namespace
}  // namespace weir::documents
