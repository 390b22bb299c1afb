#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/media/documents/parse/test_books.hpp"

namespace weir::documents {
namespace {

using test::ReadBook;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ReadBook read(const std::string& file) { return ReadBook(file, "page.html"); }

TEST(Html, APageIsReadAsItIsSeen) {
  const ReadBook book = read(
      "<!DOCTYPE html><html lang=de><head><title>Die  Seite</title><style>p{}</style></head><body>"
      "<p>Eins &amp; zwei<p>drei<br>vier<script>x()</script><ul><li>f&uuml;nf</ul></body></html>");
  EXPECT_EQ(book.info.title, "Die Seite");
  EXPECT_EQ(book.info.language, "de");
  EXPECT_EQ(book.text(), "Eins & zwei\ndrei vier\nf\u00fcnf\n");
  EXPECT_EQ(book.paragraphs()[1].element, "page.html#/html/body/p[2]");
  EXPECT_EQ(book.paragraphs()[1].words[1].source, (Source{.begin = 4, .end = 8}));
}

TEST(Html, SeveralFirstHeadingsAreItsChaptersElseTheSecond) {
  const ReadBook first = read("<h1>A</h1><p>a</p><h2>x</h2><h1>B</h1><p>b</p>");
  EXPECT_THAT(first.chapters, ElementsAre(Chapter{"A", 1}, Chapter{"B", 1}));
  const ReadBook second = read("<h1>Book</h1><p>a</p><h2>One</h2><p>b</p><h2>Two</h2><p>c</p>");
  EXPECT_THAT(second.chapters, ElementsAre(Chapter{"Book", 1}, Chapter{"One", 1}, Chapter{"Two", 1}));
  EXPECT_THAT(second.by_chapter[2], SizeIs(2));
  EXPECT_THAT(read("<p>a</p>").chapters, ElementsAre(Chapter{"", 1}));
}

TEST(Html, TheEncodingIsWhatThePageSays) {
  EXPECT_EQ(read("<meta charset=\"windows-1251\"><p>\xCF\xF0\xE8\xE2\xE5\xF2").text(), "Привет\n");
  EXPECT_EQ(read("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><html><body><p>caf\xE9</p></body></html>").text(),
            "caf\u00e9\n");
  EXPECT_EQ(read("\xEF\xBB\xBF<meta charset=latin1><p>caf\u00e9").text(), "caf\u00e9\n");
  EXPECT_EQ(read("<meta charset=utf-16><p>caf\u00e9").text(), "caf\u00e9\n");
}

TEST(Html, OddFilesAreRead) {
  EXPECT_THAT(read("").paragraphs(), IsEmpty());
  EXPECT_EQ(read("just text").text(), "just text\n");
  EXPECT_EQ(read("<p>a<b><p>c</b></i>d").text(), "a\ncd\n");
}

TEST(Html, WhatIsTooLargeOrTooDeepIsRefused) {
  const auto code = [](const std::string& file) {
    const auto book = open_book(std::as_bytes(std::span(file)), {"x.html", ""});
    return book ? Code::failed : book.error().code;
  };
  EXPECT_EQ(code(std::string(9 << 20, ' ')), Code::exhausted);
  std::string deep;
  for (int i = 0; i < 20000; ++i) deep += "<div>";
  EXPECT_EQ(code(deep), Code::corrupt);
}

TEST(Book, TheFormatIsThatOfTheNameElseOfTheContent) {
  const auto format = [](const std::string& name, const std::string& file) {
    const auto book = open_book(std::as_bytes(std::span(file)), {name, ""});
    return book ? (*book)->info().format : std::string(to_string(book.error().code));
  };
  EXPECT_EQ(format("a.MD", "x"), "Markdown");
  EXPECT_EQ(format("a.htm", "x"), "HTML, UTF-8");
  EXPECT_EQ(format("a", "\n<!doctype HTML><p>x"), "HTML, UTF-8");
  EXPECT_EQ(format("a.log", "plain"), "plain text, UTF-8");
  EXPECT_EQ(format("a.bin", std::string("\x7F"
                                        "ELF\0\0\1",
                                        7)),
            "unsupported");
}

}  // namespace
}  // namespace weir::documents
