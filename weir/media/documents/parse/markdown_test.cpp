#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/media/documents/parse/test_books.hpp"

namespace weir::documents {
namespace {

using test::ReadBook;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ReadBook read(const std::string& file) { return ReadBook(file, "notes.md"); }

std::vector<std::string> texts(const ReadBook& book) {
  std::vector<std::string> out;
  for (const Paragraph& p : book.paragraphs()) out.push_back(p.text);
  return out;
}

std::vector<Kind> kinds(const ReadBook& book) {
  std::vector<Kind> out;
  for (const Paragraph& p : book.paragraphs()) out.push_back(p.kind);
  return out;
}

TEST(Markdown, BlocksHaveTheirKinds) {
  const ReadBook book = read(
      "# Title\n\nText *with* **marks** and `code`\nin lines.\n\n- one\n- two\n\n  more of two\n\n> quoted\n\n"
      "```c\nint x;\n```\n\n    indented\n\n| a | b |\n|---|---|\n| c | d |\n\n---\n\n### Small\n\n1. first\n");
  EXPECT_THAT(texts(book), ElementsAre("Title", "Text with marks and code in lines.", "one", "two", "more of two",
                                       "quoted", "int x;", "indented", "a b", "c d", "Small", "first"));
  EXPECT_THAT(kinds(book), ElementsAre(Kind::heading, Kind::text, Kind::item, Kind::item, Kind::item, Kind::quote,
                                       Kind::code, Kind::code, Kind::table, Kind::table, Kind::heading, Kind::item));
  EXPECT_EQ(book.paragraphs()[10].level, 3);
  EXPECT_THAT(book.paragraphs()[8].sentences, SizeIs(2));
  book.expect_places();
}

TEST(Markdown, LinksAreTheirTextAndPicturesNothing) {
  const ReadBook book = read(
      "See [the site](https://x.org/a) and [that][ref], ![not this](p.png) or ~~struck~~ &amp; caf&eacute;s.\n\n"
      "# Two\n\nAlso [here][ref].\n\n[ref]: https://y.org \"Y\"\n");
  EXPECT_THAT(texts(book), ElementsAre("See the site and that, or struck & caf\u00e9s.", "Two", "Also here."));
  const Word cafes = book.paragraphs()[0].words.back();
  EXPECT_EQ(book.file.substr(cafes.source.begin, cafes.source.end - cafes.source.begin), "caf&eacute;s");
}

TEST(Markdown, NotesAreNotesAndTheirMarksAreNotRead) {
  const ReadBook book = read("A claim[^1] is made.\n\n[^1]: It is from a book.\n");
  EXPECT_THAT(texts(book), ElementsAre("A claim is made.", "It is from a book."));
  EXPECT_THAT(kinds(book), ElementsAre(Kind::text, Kind::footnote));
  book.expect_places();
}

TEST(Markdown, HeadingsOfTheFirstTwoLevelsBeginChapters) {
  const ReadBook book =
      read("before\n\n# One\n\na\n\nTwo\n---\n\nb\n\n### Not\n\nc\n\n```\n# not either\n```\n\nThree\n=====\nd\n");
  EXPECT_THAT(book.chapters, ElementsAre(Chapter{"", 1}, Chapter{"One", 1}, Chapter{"Two", 2}, Chapter{"Three", 1}));
  ASSERT_THAT(book.by_chapter, SizeIs(4));
  EXPECT_THAT(book.by_chapter[2], SizeIs(5));
  EXPECT_EQ(book.by_chapter[3][0].text, "Three");
  book.expect_places();
}

TEST(Markdown, FrontMatterIsNoText) {
  const ReadBook book = read("---\ntitle: \"A Book\"\nauthor:\n  - Ann\nlang: fr\nx: y\n---\n\nBonjour.\n");
  EXPECT_EQ(book.info.title, "A Book");
  EXPECT_EQ(book.info.author, "Ann");
  EXPECT_EQ(book.info.language, "fr");
  EXPECT_THAT(texts(book), ElementsAre("Bonjour."));
  EXPECT_EQ(book.paragraphs()[0].language, "fr");
  book.expect_places();
  EXPECT_THAT(texts(read("---\n\nno end\n")), ElementsAre("no end"));
}

TEST(Markdown, HtmlIsReadWithoutItsTags) {
  const ReadBook book = read("<div class=\"a\">\nshown <b>here</b>\n<!-- not -->\n</div>\n\nand <i>there</i><br>too\n");
  EXPECT_THAT(texts(book), ElementsAre("shown here", "and there too"));
}

TEST(Markdown, HardBreaksMakeVerse) { EXPECT_THAT(kinds(read("one  \ntwo  \nthree\n")), ElementsAre(Kind::verse)); }

TEST(Markdown, LongChaptersComeInPartsAndNothingIsLost) {
  std::string file = "# One\n\n";
  std::size_t words = 1;
  for (int i = 0; i < 20000; ++i) {
    file += "Some words of number " + std::to_string(i) + ".\n\n";
    words += 5;
  }
  const ReadBook book = read(file);
  EXPECT_THAT(book.chapters, SizeIs(1));
  std::size_t found = 0;
  for (const Paragraph& p : book.paragraphs()) found += p.words.size();
  EXPECT_EQ(found, words);
  book.expect_places();
}

TEST(Markdown, OddFilesAreRead) {
  EXPECT_THAT(read("").paragraphs(), IsEmpty());
  EXPECT_THAT(read("\xEF\xBB\xBF# A\n\nb").paragraphs(), SizeIs(2));
  EXPECT_THAT(texts(read("a\xFF b\x01 c \u00e9\u00e9 \u00e9\u00e9 \u00e9\n")),
              ElementsAre("a\uFFFD b c \u00e9\u00e9 \u00e9\u00e9 \u00e9"));
  EXPECT_THAT(texts(read("caf\xE9 na\xEFve g\xE9n\xE9ral d\xE9j\xE0 vu\n")),
              ElementsAre("caf\u00e9 na\u00efve g\u00e9n\u00e9ral d\u00e9j\u00e0 vu"));
  EXPECT_FALSE(read(std::string(100000, '>')).chapters.empty());
  EXPECT_FALSE(read(std::string(1 << 20, 'x')).paragraphs().empty());
}

}  // namespace
}  // namespace weir::documents
