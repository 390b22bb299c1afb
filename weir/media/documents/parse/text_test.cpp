#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/chapter_lines.hpp"
#include "weir/media/documents/parse/test_books.hpp"

namespace weir::documents {
namespace {

using test::ReadBook;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ReadBook read(const std::string& file) { return ReadBook(file, "story.txt"); }

const std::string prose =
    "It was late in the autumn, and the leaves lay on the\n"
    "ground of the park, where nobody had swept them for a\n"
    "week. The keeper was ill.\n"
    "\n"
    "Nobody knew how ill he was, since nobody had asked; but\n"
    "the leaves said it for him.\n";

TEST(Text, LinesAreJoinedAndBlankLinesDivide) {
  const ReadBook book = read(prose);
  ASSERT_THAT(book.paragraphs(), SizeIs(2));
  EXPECT_THAT(book.paragraphs()[0].text, HasSubstr("on the ground of the park, where"));
  EXPECT_EQ(book.paragraphs()[0].kind, Kind::text);
  EXPECT_THAT(book.paragraphs()[0].sentences, SizeIs(2));
  EXPECT_EQ(book.info.title, "story");
  EXPECT_EQ(book.info.format, "plain text, UTF-8");
}

TEST(Text, WithoutBlankLinesEachLineIsAParagraph) {
  EXPECT_THAT(read("One sentence is here.\nAnother one is there.\r\nA third one!\n").paragraphs(), SizeIs(3));
  const std::string line(300, 'x');
  EXPECT_THAT(read(line + "\n" + line + "\n" + line + " end").paragraphs(), SizeIs(3));
}

TEST(Text, VerseStaysVerse) {
  const ReadBook book = read(prose + "\nThe leaves are red,\nthe keeper in bed,\nthe rest is said\n\n" + prose);
  ASSERT_THAT(book.paragraphs(), SizeIs(5));
  EXPECT_EQ(book.paragraphs()[2].kind, Kind::verse);
  EXPECT_EQ(book.paragraphs()[2].text, "The leaves are red, the keeper in bed, the rest is said");
}

TEST(Text, ItemsAreParagraphs) {
  const ReadBook book = read(prose + "\n- milk\n- bread and\n  butter\n\n1. one\n2. two\n");
  ASSERT_THAT(book.paragraphs(), SizeIs(6));
  EXPECT_EQ(book.paragraphs()[3].text, "- bread and butter");
  EXPECT_EQ(book.paragraphs()[3].kind, Kind::item);
  EXPECT_EQ(book.paragraphs()[4].text, "1. one");
}

TEST(Text, OnlySoftHyphensAreRemovedAtLineEnds) {
  const ReadBook book =
      read("A man of the well-\nknown kind, and a pa\u00ad\n  per in his hand, which was long enough for it\n");
  ASSERT_THAT(book.paragraphs(), SizeIs(1));
  EXPECT_THAT(book.paragraphs()[0].text, HasSubstr("well- known kind, and a paper in his"));
  book.expect_places();
}

TEST(Text, LinesThatSayChapterBeginOne) {
  const ReadBook book = read("By somebody\n\nCHAPTER I. The First\n\n" + prose + "\nCHAPTER II\nThe Second\n\n" +
                             prose + "\nEPILOGUE\n\n" + prose + "\nUnderlined\n==========\n" + prose);
  std::vector<std::string> titles;
  for (const Chapter& c : book.chapters) titles.push_back(c.title);
  EXPECT_THAT(titles, ElementsAre("", "CHAPTER I. The First", "CHAPTER II The Second", "EPILOGUE", "Underlined"));
  ASSERT_THAT(book.by_chapter, SizeIs(5));
  EXPECT_THAT(book.by_chapter[0], SizeIs(1));
  EXPECT_EQ(book.by_chapter[1][0].kind, Kind::heading);
  EXPECT_THAT(book.by_chapter[2][0].sentences, SizeIs(2));
  EXPECT_EQ(book.by_chapter[4][0].text, "Underlined");
  EXPECT_THAT(book.by_chapter[4], SizeIs(3));
}

TEST(Text, PartsHaveChapters) {
  const ReadBook book = read("PART ONE\n\nCHAPTER 1\n\n" + prose + "\nCHAPTER 2\n\n" + prose);
  ASSERT_THAT(book.chapters, SizeIs(3));
  EXPECT_EQ(book.chapters[0], (Chapter{"PART ONE", 1}));
  EXPECT_EQ(book.chapters[2], (Chapter{"CHAPTER 2", 2}));
}

TEST(Text, ChapterLines) {
  for (const char* line : {"CHAPTER I.", "Chapter 12", "PART TWO", "Chapter the First", "CHAPTER XIV: The End",
                           "Kapitel 3", "Chapitre premier", "Глава 5", "第三章 旅立ち", "PROLOGUE",
                           "Chapter 2. \u201cAt Sea\u201d", "BOOK THE SECOND", "Chapter Twenty-One", "Preface."}) {
    EXPECT_NE(chapter_line(line), ChapterLine::none) << line;
  }
  for (const char* line : {"chapter one", "Chapter and verse", "Chapter 2 was hard to write.", "Part of it", "Book", "",
                           "Preface to the second edition of", "I.", "第一次"}) {
    EXPECT_EQ(chapter_line(line), ChapterLine::none) << line;
  }
}

TEST(Text, EveryWordHasItsBytes) {
  read(prose).expect_places();
  read("\xEF\xBB\xBFWith a mark. Caf\u00e9 \u2014 \u732b\u3067\u3042\u308b.\r\n\r\nEnd").expect_places();
}

std::string utf16(const std::u16string& text, bool big, bool mark) {
  std::string out;
  for (const char16_t c : (mark ? u"\ufeff" : u"") + text) {
    const char low = static_cast<char>(c & 0xFF), high = static_cast<char>(c >> 8);
    out += big ? high : low;
    out += big ? low : high;
  }
  return out;
}

TEST(Text, OtherEncodingsAreReadAndTheirBytesKnown) {
  for (const bool big : {false, true}) {
    for (const bool mark : {true, false}) {
      const ReadBook book = read(utf16(u"Two caf\u00e9s.\r\n\r\nSecond one \U0001F600 here.", big, mark));
      ASSERT_THAT(book.paragraphs(), SizeIs(2));
      EXPECT_EQ(book.paragraphs()[0].text, "Two caf\u00e9s.");
      const std::uint64_t begin = (mark ? 2 : 0) + 8;
      EXPECT_EQ(book.paragraphs()[0].words[1].source, (Source{.begin = begin, .end = begin + 10}));
      EXPECT_EQ(book.paragraphs()[1].words[2].source.end - book.paragraphs()[1].words[2].source.begin, 8U);
    }
  }
  // Latin-1: "Mädchen können für Männer schön sein" and so on, a byte for each character.
  const ReadBook latin = read(
      "Das M\xE4"
      "dchen h\xF6rt gern sch\xF6ne Lieder \xFC"
      "ber gr\xFCne W\xE4lder.\nUnd es f\xE4hrt nach K\xF6ln.");
  EXPECT_THAT(latin.text(), HasSubstr("M\u00e4dchen h\u00f6rt gern sch\u00f6ne"));
  EXPECT_EQ(latin.paragraphs()[0].words[1].source, (Source{.begin = 4, .end = 11}));
  // Shift-JIS: 吾輩は猫である。名前はまだ無い。
  const ReadBook sjis = read(
      "\x8c\xe1\x94\x79\x82\xcd\x94\x4c\x82\xc5\x82\xa0\x82\xe9\x81\x42\x96\xbc\x91\x4f\x82\xcd\x82\xdc\x82\xbe\x96\xb3"
      "\x82\xa2\x81\x42\x82\xc7\x82\xb1\x82\xc5\x90\xb6\x82\xea\x82\xbd\x82\xa9\x81\x42");
  EXPECT_THAT(sjis.text(), HasSubstr("吾輩は猫である。"));
  EXPECT_EQ(sjis.paragraphs()[0].words[0].source, (Source{.begin = 0, .end = 4}));
  EXPECT_EQ(sjis.paragraphs()[0].language, "ja");
}

TEST(Text, WhatIsNotUtf8IsSilent) {
  const ReadBook book = read("Good caf\u00e9 \u00e9\u00e9\u00e9 text \xFF\xFE here\x01 and\x00 now.");
  EXPECT_THAT(book.text(), HasSubstr("here and"));
  for (const Paragraph& p : book.paragraphs()) {
    for (const Word& w : p.words) {
      EXPECT_EQ(p.text.substr(w.text.begin, w.text.end - w.text.begin).find("\uFFFD"), std::string::npos);
    }
  }
}

TEST(Text, EmptyOnesHaveNoParagraphs) {
  for (const std::string& file :
       {std::string(), std::string("\n\n \n"), std::string("\xEF\xBB\xBF"), std::string(1, '\0')}) {
    const ReadBook book = read(file);
    EXPECT_THAT(book.paragraphs(), IsEmpty());
    EXPECT_THAT(book.chapters, SizeIs(1));
  }
}

TEST(Text, AMegabyteWithoutAFullStopIsRead) {
  std::string file;
  std::size_t words = 0;
  while (file.size() < 1 << 20) file += "word" + std::to_string(words++) + ' ';
  const ReadBook book = read(file);
  std::size_t found = 0;
  for (const Paragraph& p : book.paragraphs()) found += p.words.size();
  EXPECT_EQ(found, words);
  book.expect_places();
  EXPECT_FALSE(read(std::string(1 << 20, 'x')).paragraphs().empty());
}

TEST(Text, AChapterIsTheSameWhereverReadingBegan) {
  std::string file;
  for (int i = 1; i <= 20; ++i) file += "Chapter " + std::to_string(i) + "\n\n" + prose + "\n- a\n- b\n\n";
  const ReadBook whole = read(file);
  ASSERT_THAT(whole.by_chapter, SizeIs(20));
  const auto bytes = std::as_bytes(std::span(file));
  for (std::uint32_t chapter = 20; chapter-- > 0;) {
    auto book = open_book(bytes, {"story.txt", ""});
    ASSERT_TRUE((*book)->seek(chapter));
    EXPECT_EQ(test::chapter_of(**book), whole.by_chapter[chapter]) << chapter;
  }
}

}  // namespace
}  // namespace weir::documents
