#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "tests/support/data.hpp"
#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/pdf_test_file.hpp"

namespace weir::documents {
namespace {

using test::column;
using test::pdf_file;
using test::PdfPage;
using Texts = std::vector<std::string>;

struct Opened {
  std::string bytes;
  std::unique_ptr<Book> book;
};

Opened open(std::string bytes) {
  Opened opened{std::move(bytes), nullptr};
  auto book = open_pdf(std::as_bytes(std::span(opened.bytes)), {"book.pdf", ""});
  EXPECT_TRUE(book) << book.error().line();
  if (book) opened.book = std::move(*book);
  return opened;
}

std::vector<RawParagraph> chapter(Book& book, std::uint32_t number) {
  std::vector<RawParagraph> paragraphs;
  if (!book.seek(number)) return paragraphs;
  while (true) {
    auto next = book.next();
    EXPECT_TRUE(next);
    if (!next || !*next) return paragraphs;
    paragraphs.push_back(std::move(**next));
  }
}

Texts texts(const std::vector<RawParagraph>& paragraphs) {
  Texts all;
  for (const RawParagraph& p : paragraphs) all.push_back(p.text);
  return all;
}

Texts texts_of(std::string file) {
  const auto opened = open(std::move(file));
  return opened.book ? texts(chapter(*opened.book, 0)) : Texts();
}

// So many lines of so many characters that no sentence ends in.
Texts filler(const std::string& word, std::size_t lines, std::size_t characters) {
  Texts out;
  for (std::size_t i = 0; i < lines; ++i) {
    std::string line = word + std::to_string(i);
    while (line.size() + 5 < characters) line += " text";
    line.resize(characters, 'x');
    out.push_back(line);
  }
  return out;
}

std::string joined(const Texts& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : " ") + line;
  return text;
}

TEST(Pdf, LinesAreJoinedAndParagraphsApart) {
  PdfPage page;
  column(page, 72, 100, {"The first line of a paragraph goes on", "in the second one and ends here."});
  column(page, 72, 140, {"Another, below a gap, is a paragraph of", "its own."});
  column(page, 90, 164, {"Indented lines begin a paragraph, with"});
  column(page, 72, 176, {"no gap above."});
  EXPECT_EQ(texts_of(pdf_file({page})), (Texts{"The first line of a paragraph goes on in the second one and ends here.",
                                               "Another, below a gap, is a paragraph of its own.",
                                               "Indented lines begin a paragraph, with no gap above."}));
}

TEST(Pdf, AShortLineWithAFullStopEndsItsParagraph) {
  PdfPage page;
  column(page, 72, 100,
         {"One sentence in a line that is short.", "A second paragraph that is a good deal longer, so",
          "that it goes on.", "The third."});
  EXPECT_EQ(texts_of(pdf_file({page})),
            (Texts{"One sentence in a line that is short.",
                   "A second paragraph that is a good deal longer, so that it goes on.", "The third."}));
}

TEST(Pdf, HyphensAtLineEndsAreTakenOutBetweenSmallLettersOnly) {
  PdfPage page;
  column(page, 72, 100,
         {"A hyphen-ated word at the end is a whole exam-", "ple again, while one before Anglo-",
          "Saxon stays, as a number 12-", "34 does."});
  EXPECT_EQ(texts_of(pdf_file({page})), (Texts{"A hyphen-ated word at the end is a whole example again, while one "
                                               "before Anglo-Saxon stays, as a number 12-34 does."}));
}

TEST(Pdf, TwoColumnsAreReadOneAfterTheOtherAndHeadingsAcrossDivideThem) {
  PdfPage page;
  page.push_back({72, 80, 14, "A Title That Goes over All Columns"});
  column(page, 72, 110, filler("a", 6, 36));
  column(page, 312, 110, filler("b", 6, 36));
  page.push_back({72, 220, 14, "A Second Heading over Both Columns"});
  column(page, 72, 250, filler("c", 6, 36));
  column(page, 312, 250, filler("d", 6, 36));
  EXPECT_EQ(
      texts_of(pdf_file({page})),
      (Texts{"A Title That Goes over All Columns", joined(filler("a", 6, 36)) + " " + joined(filler("b", 6, 36)),
             "A Second Heading over Both Columns", joined(filler("c", 6, 36)) + " " + joined(filler("d", 6, 36))}));
}

TEST(Pdf, ThreeColumnsAreReadFromTheLeft) {
  PdfPage page;
  column(page, 50, 110, filler("a", 8, 24));
  column(page, 220, 110, filler("b", 8, 24));
  column(page, 390, 110, filler("c", 8, 24));
  EXPECT_EQ(texts_of(pdf_file({page})),
            (Texts{joined(filler("a", 8, 24)) + " " + joined(filler("b", 8, 24)) + " " + joined(filler("c", 8, 24))}));
}

TEST(Pdf, RowsOfATableAreNoColumns) {
  PdfPage page;
  for (int i = 0; i < 8; ++i) {
    const float top = 100 + 12 * static_cast<float>(i);
    page.push_back({72, top, 10, "Title" + std::to_string(i)});
    page.push_back({400, top, 10, std::to_string(10 + i)});
  }
  const auto opened = open(pdf_file({page}));
  const auto rows = chapter(*opened.book, 0);
  ASSERT_EQ(rows.size(), 8U);
  EXPECT_EQ(rows[3].text,
            "Title3\u2029"
            "13");
  EXPECT_EQ(rows[3].kind, Kind::table);
}

std::vector<PdfPage> book_of(int pages, const std::function<void(PdfPage&, int)>& margins) {
  std::vector<PdfPage> all(static_cast<std::size_t>(pages));
  for (int i = 0; i < pages; ++i) {
    margins(all[static_cast<std::size_t>(i)], i + 1);
    column(all[static_cast<std::size_t>(i)], 72, 100, filler("p" + std::to_string(i) + "w", 10, 60));
  }
  return all;
}

std::string body_of(int pages) {
  std::string all;
  for (int i = 0; i < pages; ++i) {
    all += (all.empty() ? "" : " ") + joined(filler("p" + std::to_string(i) + "w", 10, 60));
  }
  return all;
}

TEST(Pdf, RunningHeadsAndPageNumbersAreLeftOutAndParagraphsGoOnOverPages) {
  const auto pages = book_of(5, [](PdfPage& page, int n) {
    page.push_back(
        {72, 50, 10,
         n % 2 == 0 ? std::to_string(n + 11) + " | A Tale of Weirs" : "Chapter 3 | " + std::to_string(n + 11)});
    page.push_back({300, 740, 10, "- " + std::to_string(n + 11) + " -"});
  });
  EXPECT_EQ(texts_of(pdf_file(pages)), (Texts{body_of(5)}));
}

TEST(Pdf, RomanPageNumbersAreLeftOut) {
  const char* numbers[] = {"i", "ii", "iii", "iv"};
  const auto pages = book_of(4, [&](PdfPage& page, int n) { page.push_back({300, 740, 10, numbers[n - 1]}); });
  EXPECT_EQ(texts_of(pdf_file(pages)), (Texts{body_of(4)}));
}

TEST(Pdf, HeadingsThatCountAndTextThatDoesNotRepeatStay) {
  std::vector<PdfPage> pages;
  for (int i = 1; i <= 3; ++i) {
    PdfPage page;
    page.push_back({72, 60, 20, "Chapter " + std::to_string(i)});
    column(page, 72, 100, {"Text of this chapter number " + std::string(static_cast<std::size_t>(i), 'i') + "."});
    pages.push_back(page);
  }
  const auto opened = open(pdf_file(pages));
  EXPECT_EQ(texts(chapter(*opened.book, 0)), (Texts{"Chapter 1", "Text of this chapter number i."}));
  EXPECT_EQ(texts(chapter(*opened.book, 2)), (Texts{"Chapter 3", "Text of this chapter number iii."}));
}

TEST(Pdf, PagesOfOneCountedLineEachKeepIt) {
  std::vector<PdfPage> pages;
  for (int i = 0; i < 4; ++i) pages.push_back({{72, 60, 24, "Slide " + std::to_string(i)}});
  const auto opened = open(pdf_file(pages));
  EXPECT_NE(joined(texts(chapter(*opened.book, 0))).find("Slide 2"), std::string::npos);
}

TEST(Pdf, SmallLettersAtThePagesFootAreNotesBehindTheParagraphThatGoesOn) {
  PdfPage first, second;
  column(first, 72, 100, filler("a", 20, 60));
  column(first, 72, 700, {"1 This is the first note.", "2 This is the second one, which", "is longer."}, 7);
  column(second, 72, 100, filler("b", 20, 60));
  const auto opened = open(pdf_file({first, second}));
  const auto all = chapter(*opened.book, 0);
  EXPECT_EQ(texts(all), (Texts{joined(filler("a", 20, 60)) + " " + joined(filler("b", 20, 60)),
                               "1 This is the first note.", "2 This is the second one, which is longer."}));
  EXPECT_EQ(all.back().kind, Kind::footnote);
}

TEST(Pdf, LargerLettersAreHeadingsByTheirSize) {
  PdfPage page;
  page.push_back({72, 80, 20, "Part"});
  page.push_back({72, 110, 14, "Section"});
  page.push_back({72, 140, 10, "Alone and Bold", true});
  column(page, 72, 170, filler("a", 5, 60));
  const auto opened = open(pdf_file({page}));
  const auto all = chapter(*opened.book, 0);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].level, 1);
  EXPECT_EQ(all[1].level, 2);
  EXPECT_EQ(all[2].level, 4);
  EXPECT_EQ(all[2].kind, Kind::heading);
  EXPECT_EQ(all[3].kind, Kind::text);
}

TEST(Pdf, TheOutlinesTitlesAreTheChaptersWhereTheirHeadingsStand) {
  PdfPage contents, one, two;
  contents.push_back({72, 80, 20, "Contents"});
  column(contents, 72, 110, {"Loomings.", "The Carpet-Bag.", "and so on, for some pages more than these two."});
  one.push_back({72, 80, 20, "1. Loomings"});
  column(one, 72, 110, {"Call me what you like."});
  one.push_back({72, 300, 20, "No Chapter of the Outline"});
  column(one, 72, 330, {"Some text."});
  two.push_back({72, 80, 20, "The CARPET-BAG"});
  column(two, 72, 110, {"I stuffed a shirt."});
  const auto opened = open(pdf_file({contents, one, two}, {{"Loomings", 1}, {"Not There", 1}, {"The Carpet-Bag", 2}}));
  const auto chapters = opened.book->chapters();
  ASSERT_TRUE(chapters);
  EXPECT_EQ(*chapters, (std::vector<Chapter>{{"", 1}, {"Loomings", 1}, {"The Carpet-Bag", 1}}));
  EXPECT_EQ(texts(chapter(*opened.book, 1)),
            (Texts{"1. Loomings", "Call me what you like.", "No Chapter of the Outline", "Some text."}));
  EXPECT_EQ(texts(chapter(*opened.book, 2)), (Texts{"The CARPET-BAG", "I stuffed a shirt."}));
  EXPECT_EQ(opened.book->seek(3).error().code, Code::not_found);
}

TEST(Pdf, WithoutAnOutlineTheLargestHeadingsBeginChaptersWhateverOrderTheyAreAskedIn) {
  std::vector<PdfPage> pages;
  for (int i = 0; i < 6; ++i) {
    PdfPage page;
    page.push_back({72, 80, 20, std::string("Name ") + static_cast<char>('A' + i)});
    column(page, 72, 110, filler("a", 5, 60));
    pages.push_back(page);
  }
  const std::string file = pdf_file(pages);
  const auto forward = open(file), backward = open(file);
  std::vector<std::vector<Piece>> places;
  for (std::uint32_t i = 0; i < 6; ++i)
    places.push_back(chapter(*forward.book, i).at(1).pieces.empty() ? std::vector<Piece>()
                                                                    : chapter(*forward.book, i)[1].pieces);
  for (std::uint32_t i = 6; i-- > 0;) {
    const auto all = chapter(*backward.book, i);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].text, std::string("Name ") + static_cast<char>('A' + i));
    EXPECT_EQ(all[1].pieces.front().source, places[i].front().source);
  }
}

TEST(Pdf, EveryWordHasItsPageAndBox) {
  PdfPage empty, page;
  page.push_back({100, 200, 10, "Two words"});
  const auto opened = open(pdf_file({empty, page}));
  const auto all = chapter(*opened.book, 0);
  ASSERT_EQ(all.size(), 1U);
  ASSERT_EQ(all[0].pieces.size(), 2U);
  const Piece& word = all[0].pieces[1];
  EXPECT_EQ(all[0].text.substr(word.text.begin, word.text.end - word.text.begin), "words");
  EXPECT_FALSE(word.linear);
  EXPECT_EQ(word.source.page, 2U);
  EXPECT_NEAR(word.source.left, 124, 0.5);
  EXPECT_NEAR(word.source.right, 154, 0.5);
  EXPECT_LT(word.source.top, 200);
  EXPECT_GT(word.source.bottom, 196);
}

TEST(Pdf, RaisedNumbersBehindWordsAreLeftOut) {
  PdfPage page;
  column(page, 72, 100, filler("a", 4, 60));
  page.push_back({72, 148, 10, "A word"});
  page.push_back({108, 144, 6, "12"});
  page.push_back({118, 148, 10, "and the rest."});
  const std::string text = joined(texts_of(pdf_file({page})));
  EXPECT_NE(text.find("A word and the rest."), std::string::npos) << text;
}

TEST(Pdf, TitleAndAuthorAreTold) {
  const auto opened = open(pdf_file({{{72, 72, 10, "x"}}}, {}, "/Title (The Weir) /Author (A. Miller)"));
  EXPECT_EQ(opened.book->info(), (Info{"PDF", "The Weir", "A. Miller", ""}));
  EXPECT_EQ(open(pdf_file({{}})).book->info().title, "book");
}

TEST(Pdf, WithoutTextThereAreNoParagraphs) {
  const auto opened = open(pdf_file({{}, {}}));
  EXPECT_TRUE(chapter(*opened.book, 0).empty());
  EXPECT_EQ(opened.book->chapters()->size(), 1U);
}

TEST(Pdf, WhatIsNoPdfIsCorrupt) {
  for (const std::string bytes : {"", "%PDF-1.4", "%PDF-1.4\nxref\n0 1\ntrailer\n<< >>", "Hello"}) {
    const auto book = open_pdf(std::as_bytes(std::span(bytes)), {"b.pdf", ""});
    ASSERT_FALSE(book);
    EXPECT_EQ(book.error().code, Code::corrupt);
  }
}

TEST(Pdf, AThousandPagesAreReadAPageAtATime) {
  const auto pages = book_of(1000, [](PdfPage& page, int) { page.push_back({72, 60, 10, "Head"}); });
  const auto opened = open(pdf_file(pages));
  std::size_t longest = 0, letters = 0;
  for (auto next = opened.book->next(); next && *next; next = opened.book->next()) {
    longest = std::max(longest, (*next)->text.size());
    letters += (*next)->text.size();
  }
  EXPECT_GT(letters, 1000U * 10 * 60);
  EXPECT_LT(longest, 17U * 10 * 61);  // a paragraph without an end is cut
}

std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

TEST(Pdf, RealDocumentsBeginAsAReaderSeesThem) {
  const struct {
    const char* file;
    const char* password;
    std::size_t paragraphs;
    Texts begin;
  } expected[] = {
      {"crazyones-pdfa.pdf",
       "",
       10,
       {"The Crazy Ones", "October 14, 1998", "Heres to the crazy ones. The misfits. The rebels."}},
      {"google-doc-document.pdf",
       "",
       28,
       {"Example document", "Beautiful is better than ugly.", "Explicit is better than implicit."}},
      {"grayscale-image.pdf", "", 0, {}},
      {"habibi.pdf", "", 1, {"حَبيبي"}},
      {"libreoffice-writer-password.pdf",
       "openpassword",
       1,
       {"Lorem ipsum dolor sit amet, consetetur sadipscing elitr, sed diam"}},
      {"minimal-document.pdf", "", 1, {"Lorem ipsum dolor sit amet, consetetur sadipscing elitr, sed diam"}},
      {"pdflatex-4-pages.pdf",
       "",
       1,
       {"Hello, here is some text without a meaning. This text should show what a printed text will look like at this "
        "place."}},
      {"pdflatex-outline.pdf", "", 28, {"Contents", "1 Foo"}},
  };
  for (const auto& e : expected) {
    const auto path = weir::test::data(std::string("documents/pdf/") + e.file);
    if (!path) GTEST_SKIP() << weir::test::no_data("documents/pdf");
    const std::string bytes = contents_of(*path);
    const auto book = open_pdf(std::as_bytes(std::span(bytes)), {e.file, e.password});
    ASSERT_TRUE(book) << e.file << book.error().line();
    std::vector<RawParagraph> all;
    for (std::uint32_t i = 0; (*book)->seek(i); ++i) {
      for (auto next = (*book)->next(); next && *next; next = (*book)->next()) all.push_back(std::move(**next));
    }
    EXPECT_EQ(all.size(), e.paragraphs) << e.file;
    for (std::size_t i = 0; i < e.begin.size() && i < all.size(); ++i) {
      EXPECT_EQ(all[i].text.substr(0, e.begin[i].size()), e.begin[i]) << e.file;
    }
  }
}

TEST(Pdf, AnEncryptedDocumentAsksForThePassword) {
  const auto path = weir::test::data("documents/pdf/libreoffice-writer-password.pdf");
  if (!path) GTEST_SKIP() << weir::test::no_data("documents/pdf");
  const std::string bytes = contents_of(*path);
  for (const char* password : {"", "wrong"}) {
    const auto book = open_pdf(std::as_bytes(std::span(bytes)), {"x.pdf", password});
    ASSERT_FALSE(book);
    EXPECT_EQ(book.error().code, Code::invalid);
    EXPECT_NE(book.error().line().find("give --password"), std::string::npos);
  }
}

TEST(Pdf, BrokenDocumentsGiveTextOrOneLine) {
  const auto folder = weir::test::data("bad/pdf");
  if (!folder) GTEST_SKIP() << weir::test::no_data("bad/pdf");
  const std::set<std::string> readable{
      "bad-jpeg.pdf", "bad-token-startxref.pdf", "bad-xref.pdf", "bad10.pdf", "bad2.pdf", "bad36.pdf", "badlin1.pdf"};
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    const std::string name = entry.path().filename().string(), bytes = contents_of(entry.path());
    const auto book = open_pdf(std::as_bytes(std::span(bytes)), {name, ""});
    std::size_t letters = 0;
    if (!book) {
      EXPECT_EQ(book.error().line().find('\n'), std::string::npos);
    } else {
      for (auto next = (*book)->next(); next && *next; next = (*book)->next()) letters += (*next)->text.size();
    }
    EXPECT_EQ(letters > 0, readable.contains(name)) << name;
  }
}

}  // namespace
}  // namespace weir::documents
