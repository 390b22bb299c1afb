#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/support/data.hpp"
#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/zip_test_file.hpp"

namespace weir::documents {
namespace {

using Texts = std::vector<std::string>;
using test::ZipFiles;

const std::string container =
    R"(<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/>
<rootfile full-path="other.opf" media-type="application/oebps-package+xml"/></rootfiles></container>)";

std::string page(const std::string& body, const std::string& title = "", const std::string& before = "") {
  return before + "<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>" + title + "</title></head><body>" +
         body + "</body></html>";
}

// Files of the book: those named *.xhtml are its spine, in that order, unless `spine` says otherwise.
struct Made {
  ZipFiles files;
  std::string nav, version = "3.0", metadata, manifest, spine, spine_attributes;

  std::string bytes() const {
    std::string items, order;
    for (const auto& [name, content] : files) {
      if (!name.ends_with(".xhtml")) continue;
      items += "<item id='" + name + "' href='" + name + "' media-type='application/xhtml+xml'/>";
      order += "<itemref idref='" + name + "'/>";
    }
    if (!nav.empty()) items += "<item id='nav' href='nav.htm' properties='nav' media-type='application/xhtml+xml'/>";
    ZipFiles all{{"mimetype", "application/epub+zip"}, {"META-INF/container.xml", container}};
    all.emplace_back("OPS/book.opf", "<package xmlns:dc='http://purl.org/dc/elements/1.1/' version='" + version +
                                         "'><metadata>" + metadata + "</metadata><manifest>" + items + manifest +
                                         "</manifest><spine" + spine_attributes + ">" +
                                         (spine.empty() ? order : spine) + "</spine></package>");
    if (!nav.empty()) all.emplace_back("OPS/nav.htm", page("<nav epub:type='toc'>" + nav + "</nav>"));
    for (const auto& [name, content] : files) {
      all.emplace_back(name.starts_with("META-INF") ? name : "OPS/" + name, content);
    }
    return test::zip_file(all);
  }
};

struct Opened {
  std::string bytes;
  Result<std::unique_ptr<Book>> book;
};

Opened open(std::string bytes) {
  Opened opened{std::move(bytes), nullptr};
  opened.book = open_epub(std::as_bytes(std::span(opened.bytes)), {"book.epub", ""});
  return opened;
}

// All chapters: the title, then the paragraphs.
std::vector<Texts> read(const Opened& opened) {
  std::vector<Texts> all;
  EXPECT_TRUE(opened.book) << opened.book.error().line();
  if (!opened.book) return all;
  Book& book = **opened.book;
  const auto chapters = book.chapters();
  EXPECT_TRUE(chapters) << chapters.error().line();
  if (!chapters) return all;
  for (std::uint32_t i = 0; i < chapters->size(); ++i) {
    all.push_back({(*chapters)[i].title});
    EXPECT_TRUE(book.seek(i));
    for (auto next = book.next(); next && *next; next = book.next()) all.back().push_back((*next)->text);
  }
  EXPECT_EQ(book.seek(static_cast<std::uint32_t>(chapters->size())).error().code, Code::not_found);
  return all;
}

std::vector<Texts> read(const Made& made) { return read(open(made.bytes())); }

TEST(Epub, TheSpineIsReadInItsOrderWithTheTitlesOfTheContents) {
  Made made;
  made.files = {{"one.xhtml", page("<p>First.</p>")}, {"two.xhtml", page("<p>Second.</p>")}};
  made.spine = "<itemref idref='two.xhtml'/><itemref idref='one.xhtml'/>";
  made.nav = "<ol><li><a href='one.xhtml'>The <i>One</i></a></li><li><a href='two.xhtml'>Two</a></li></ol>";
  EXPECT_EQ(read(made), (std::vector<Texts>{{"Two", "Second."}, {"The One", "First."}}));
}

TEST(Epub, WhatIsNotLinearIsLeftOut) {
  Made made;
  made.files = {{"one.xhtml", page("<p>First.</p>")}, {"notes.xhtml", page("<p>A note.</p>")}};
  made.spine = "<itemref idref='one.xhtml'/><itemref idref='notes.xhtml' linear='no'/>";
  EXPECT_EQ(read(made), (std::vector<Texts>{{"", "First."}}));
}

TEST(Epub, AFileIsDividedWhereTheContentsPointIntoIt) {
  Made made;
  made.files = {{"all.xhtml", page("<section id='a'><h1>A</h1><p>a</p></section><section id='b'><h1>B</h1><p>b</p>"
                                   "<p><a id='b1'></a>deep</p></section>")}};
  made.nav =
      "<ol><li><a href='all.xhtml#a'>Part A</a></li><li><a href='all.xhtml#b'>Part B</a><ol><li><a "
      "href='all.xhtml#b1'>Deeper</a></li></ol></li><li><a href='all.xhtml#not'>Nowhere</a></li></ol>";
  const auto opened = open(made.bytes());
  EXPECT_EQ(read(opened), (std::vector<Texts>{{"Part A", "A", "a"}, {"Part B", "B", "b"}, {"Deeper", "deep"}}));
  EXPECT_EQ((*opened.book)->chapters()->at(2).level, 2);
}

TEST(Epub, FilesWithoutATitleGoOnUnlessTheyHaveAHeading) {
  Made made;
  made.files = {{"cover.xhtml", page("<p>By A.</p>", "Title Page")},
                {"1.xhtml", page("<p>one</p>")},
                {"2.xhtml", page("<p>still one</p>", "ignored")},
                {"3.xhtml", page("<h2>New</h2><p>three</p>")},
                {"4.xhtml", page("<img src='x.png'/>")}};
  made.nav = "<ol><li><a href='1.xhtml'>One</a></li></ol>";
  EXPECT_EQ(read(made),
            (std::vector<Texts>{{"Title Page", "By A."}, {"One", "one", "still one"}, {"New", "New", "three"}}));
}

TEST(Epub, TheNcxOfEpub2GivesTitlesAndLevels) {
  Made made;
  made.version = "2.0";
  made.files = {{"1.xhtml", page("<p>one</p>")}, {"2.xhtml", page("<p>two</p>")}};
  made.manifest = "<item id='ncx' href='toc.ncx' media-type='application/x-dtbncx+xml'/>";
  made.spine_attributes = " toc='ncx'";
  made.files.emplace_back(
      "toc.ncx",
      "<!DOCTYPE ncx PUBLIC '-//NISO//DTD ncx 2005-1//EN' "
      "'http://www.daisy.org/z3986/2005/ncx-2005-1.dtd'><ncx><navMap>"
      "<navPoint><navLabel><text>Part</text></navLabel><content src='1.xhtml'/><navPoint><navLabel><text>Chapter &amp; "
      "Verse</text></navLabel><content src='2.xhtml'/></navPoint></navPoint></navMap></ncx>");
  const auto opened = open(made.bytes());
  EXPECT_EQ(read(opened), (std::vector<Texts>{{"Part", "one"}, {"Chapter & Verse", "two"}}));
  EXPECT_EQ((*opened.book)->chapters()->at(1).level, 2);
  EXPECT_EQ((*opened.book)->info().format, "EPUB 2");
}

TEST(Epub, TitleAuthorsAndLanguageAreTold) {
  Made made;
  made.files = {{"1.xhtml", page("<p>one</p>")}};
  made.metadata =
      "<dc:title>A &#8220;Tale&#8221;</dc:title><dc:creator>B. One</dc:creator><dc:creator>C. Two"
      "</dc:creator><dc:language>en-GB</dc:language>";
  EXPECT_EQ((*open(made.bytes()).book)->info(), (Info{"EPUB 3", "A “Tale”", "B. One, C. Two", "en-GB"}));
}

TEST(Epub, ReferencesOfHtmlAreResolvedOnceAndOwnEntitiesNever) {
  Made made;
  made.files = {
      {"1.xhtml", page("<p>a&nbsp;b &eacute;&mdash;&#x41;&amp;nbsp; &lt;&unknown;&big;&ext;.</p>", "",
                       "<!DOCTYPE html [<!ENTITY big \"boom\"><!ENTITY ext SYSTEM \"file:///etc/passwd\">]>")}};
  EXPECT_EQ(read(made), (std::vector<Texts>{{"", "a\u00A0b é—A&nbsp; <."}}));
}

TEST(Epub, AnEntityBombStaysSmall) {
  std::string dtd = "<!DOCTYPE html [<!ENTITY a0 \"lol\">";
  for (int i = 1; i < 30; ++i) {
    dtd += "<!ENTITY a" + std::to_string(i) + " \"";
    for (int n = 0; n < 10; ++n) dtd += "&a" + std::to_string(i - 1) + ";";
    dtd += "\">";
  }
  Made made;
  made.files = {{"1.xhtml", page("<p>before &a29; after</p>", "", dtd + "]>")}};
  EXPECT_EQ(read(made), (std::vector<Texts>{{"", "before  after"}}));
}

TEST(Epub, WhatIsNotWellFormedIsReadAsBrowsersDo) {
  Made made;
  made.files = {{"1.xhtml", page("<p>An <i>open tag.<p>And another & more.")}};
  EXPECT_EQ(read(made), (std::vector<Texts>{{"", "An open tag.", "And another & more."}}));
}

TEST(Epub, BytesThatAreNoUtf8AreReplaced) {
  Made made;
  made.files = {{"1.xhtml", page("<p>a\xFF"
                                 "b</p>")}};
  EXPECT_EQ(read(made), (std::vector<Texts>{{"",
                                             "a\uFFFD"
                                             "b"}}));
}

TEST(Epub, ElementsNestedAsDeeplyAsAFileCanHoldAreNoDanger) {
  std::string deep, closed;
  for (int i = 0; i < 1'000'000; ++i) deep += "<i>";
  for (int i = 0; i < 200'000; ++i) closed += "<div>";
  closed += "<p>text</p>";
  for (int i = 0; i < 200'000; ++i) closed += "</div>";
  Made made;
  made.files = {{"1.xhtml", page(closed)}, {"2.xhtml", page(deep)}, {"3.xhtml", page("<p>The end.</p>")}};
  const auto all = read(made);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back().back(), "The end.");
}

TEST(Epub, MissingFilesAndThoseThatLeadOutArePassedOver) {
  Made made;
  made.files = {{"1.xhtml", page("<p>one</p>")}, {"é%20a.xhtml", page("<p>odd name</p>")}};
  made.manifest =
      "<item id='gone' href='gone.xhtml' media-type='application/xhtml+xml'/><item id='out' "
      "href='../../../etc/passwd' media-type='application/xhtml+xml'/><item id='odd' "
      "href='%C3%A9%2520a.xhtml' media-type='application/xhtml+xml'/>";
  made.spine =
      "<itemref idref='gone'/><itemref idref='out'/><itemref idref='1.xhtml'/><itemref idref='none'/><itemref "
      "idref='odd'/>";
  EXPECT_EQ(read(made), (std::vector<Texts>{{"", "one"}, {"", "odd name"}}));
}

TEST(Epub, PicturesInTheSpineAreReplacedByTheirFallback) {
  Made made;
  made.files = {{"1.xhtml", page("<p>one</p>")}};
  made.manifest =
      "<item id='svg' href='x.svg' media-type='image/svg+xml'/><item id='foreign' href='x.foo' "
      "media-type='x/foo' fallback='1.xhtml'/><item id='a' media-type='x/a' href='a' fallback='b'/><item "
      "id='b' media-type='x/b' href='b' fallback='a'/>";
  made.spine = "<itemref idref='svg'/><itemref idref='a'/><itemref idref='foreign'/>";
  made.files.emplace_back("x.svg", "<svg><text>No</text></svg>");
  EXPECT_EQ(read(made), (std::vector<Texts>{{"", "one"}}));
}

std::string encrypted(const std::string& file, const std::string& algorithm) {
  return "<encryption><enc:EncryptedData xmlns:enc='e'><enc:EncryptionMethod Algorithm='" + algorithm +
         "'/><enc:CipherData><enc:CipherReference URI='" + file +
         "'/></enc:CipherData></enc:EncryptedData></encryption>";
}

TEST(Epub, ProtectedTextIsUnsupportedAndObscuredFontsAreNot) {
  Made made;
  made.files = {{"1.xhtml", page("<p>one</p>")},
                {"META-INF/encryption.xml", encrypted("OPS/1.xhtml", "http://www.w3.org/2001/04/xmlenc#aes128-cbc")}};
  const auto drm = open(made.bytes());
  ASSERT_FALSE(drm.book);
  EXPECT_EQ(drm.book.error().code, Code::unsupported);
  EXPECT_NE(drm.book.error().line().find("DRM"), std::string::npos);
  made.files[1].second = encrypted("OPS/font.otf", "http://www.idpf.org/2008/embedding");
  EXPECT_TRUE(open(made.bytes()).book);
}

TEST(Epub, TheCoverIsAJpegOrPngOfEitherVersion) {
  const std::string jpeg = "\xFF\xD8\xFF picture";
  Made made;
  made.files = {{"1.xhtml", page("<p>one</p>")}, {"c.jpg", jpeg}};
  made.manifest = "<item id='c' href='c.jpg' media-type='image/jpeg' properties='svg cover-image'/>";
  EXPECT_EQ((*open(made.bytes()).book)->cover()->size(), jpeg.size());
  made.manifest = "<item id='c' href='c.jpg' media-type='image/jpeg'/>";
  EXPECT_TRUE((*open(made.bytes()).book)->cover()->empty());
  made.metadata = "<meta name='cover' content='c'/>";
  EXPECT_EQ((*open(made.bytes()).book)->cover()->size(), jpeg.size());
  made.files[1].second = "<svg/>";
  EXPECT_TRUE((*open(made.bytes()).book)->cover()->empty());
}

TEST(Epub, ReadingOnAndSeekingGiveTheSame) {
  Made made;
  made.nav = "<ol>";
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    made.files.emplace_back(n + ".xhtml", page("<h1>H" + n + "</h1><p>a" + n + "</p><p id='x'>b" + n + "</p>"));
    made.nav += "<li><a href='" + n + ".xhtml'>T" + n + "</a></li><li><a href='" + n + ".xhtml#x'>X" + n + "</a></li>";
  }
  made.nav += "</ol>";
  const auto in_order = read(made);
  ASSERT_EQ(in_order.size(), 40U);
  const auto opened = open(made.bytes());
  for (std::uint32_t i = 40; i-- > 0;) {
    ASSERT_TRUE((*opened.book)->seek(i));
    Texts texts{in_order[i][0]};
    for (auto next = (*opened.book)->next(); next && *next; next = (*opened.book)->next())
      texts.push_back((*next)->text);
    EXPECT_EQ(texts, in_order[i]);
  }
}

TEST(Epub, ABombIsToldAsSuch) {
  Made made;
  made.files = {{"1.xhtml", page("<p>one</p>")}, {"2.xhtml", std::string(std::size_t{30} << 20, ' ')}};
  const auto opened = open(made.bytes());
  ASSERT_TRUE(opened.book);
  EXPECT_TRUE((*opened.book)->next());
  const auto chapters = (*opened.book)->chapters();
  ASSERT_FALSE(chapters);
  EXPECT_EQ(chapters.error().code, Code::exhausted);
  EXPECT_NE(chapters.error().line().find("bomb"), std::string::npos);
}

TEST(Epub, BooksOfNothingAreCorrupt) {
  for (const ZipFiles& files : {ZipFiles{{"a", "b"}}, ZipFiles{{"META-INF/container.xml", "<container>"}},
                                ZipFiles{{"META-INF/container.xml", container}},
                                ZipFiles{{"META-INF/container.xml", container}, {"OPS/book.opf", "<package/>"}}}) {
    const auto opened = open(test::zip_file(files));
    ASSERT_FALSE(opened.book);
    EXPECT_EQ(opened.book.error().code, Code::corrupt);
  }
}

std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

// How a reader would write it down: blanks are single.
std::string plain(const std::string& text) {
  std::istringstream words(text);
  std::string all;
  for (std::string word; words >> word;) all += (all.empty() ? "" : " ") + word;
  return all;
}

struct Expected {
  std::size_t chapters;
  std::string title, first_chapter;
  Texts begin;
};

TEST(Epub, RealBooksBeginAsAReaderSeesThem) {
  const std::map<std::string, Expected> expected{
      {"alice-in-wonderland.epub",
       {17,
        "Alice's Adventures in Wonderland",
        "The Project Gutenberg eBook of Alice's Adventures in Wonderland",
        {"The Project Gutenberg eBook of Alice's Adventures in Wonderland",
         "This ebook is for the use of anyone anywhere in the United States and most other parts of ",
         "Title: Alice's Adventures in Wonderland"}}},
      {"childrens-literature.epub",
       {23,
        "Children's Literature",
        "THE CONTENTS",
        {"THE CONTENTS", "SECTION IV FAIRY STORIES—MODERN FANTASTIC TALES", "BIBLIOGRAPHY"}}},
      {"flatland_standardebooks.epub", {33, "Flatland", "Titlepage", {"Flatland", "By Edwin A. Abbott.", "Imprint"}}},
      {"georgia-pls-ssml.epub",
       {10,
        "Georgia",
        "GEORGIA",
        {"GEORGIA", "GEORGIA, a southern state of the United States of America, one of the thirteen original st",
         "The surface of Georgia is divided into five physiographic zones. From the sea coast, which"}}},
      {"haruko-html-jpeg.epub",
       {1,
        "ハルコさんの彼氏",
        "この文書について/About this document",
        {"About this document", "この文書について",
         "This document demonstrates one of the many possible ways for representing Manga in EPUB3. "}}},
      {"hefty-water.epub",
       {4,
        "Hefty Water",
        "Hefty Water",
        {"Hefty Water", "This document serves to test Reading System support for the epub:switch element. There is ",
         "The Switch"}}},
      {"internallinks.epub",
       {18,
        "IDに漢字などを使用したサンプル",
        "EPUBリーダの数式サポート―iBooks3.0のMathML表示がかなり進化",
        {"1 EPUBリーダの数式サポート―iBooks3.0のMathML表示がかなり進化",
         "10月の主要EPUBリーダの新版登場でひとつ注目したいのが数式のサポート強化です。Readiumは3月にMathJaxを使ったMath"
         "ML表示をサポートしました(Readium 0",
         "これに対して、iBooksはMathMLの直接レンダリングを強化したようです。表1･1 "
         "メジャーなEPUBリーダのMathJaxサポートは、主要なEPUBリーダのMathMLレンダ"}}},
      {"moby-dick.epub",
       {141, "Moby-Dick", "Brief Contents", {"Brief Contents", "Title Page", "Original Transcriber’s Notes"}}},
      {"quiz-bindings.epub",
       {1,
        "Basic Quiz",
        "The Solar System",
        {"The Solar System",
         "At the center of the Solar System is the Sun. It is a star, like the billions of other sta",
         "The rest of the things in the Solar System orbit (travel around) the Sun. The planets are "}}},
      {"regime-anticancer-arabic.epub",
       {1,
        "Le Vrai Régime anti-cancer",
        "Commencer la lecture",
        {"الفصل الثاني", "ما هو السرطان؟", "من أين تأتي الحياة؟"}}},
      {"w3c_mol-audio.epub",
       {2,
        "mol-audio",
        "Entry page",
        {"Test passes (i.e., the Reading System plays an audio track from clipBegin to clipEnd) if",
         "The Reading System provides the user with a way to turn text reading on",
         "When turned on, the extract on the next page is read aloud by the Reading System"}}},
      {"w3c_mol-tts_multi.epub",
       {2,
        "mol-tts_multi",
        "Entry page",
        {"Test passes (i.e., the Reading System correctly falls back to its own Text-to-Speech syste",
         "The Reading System provides the user with a way to turn text reading on",
         "If turned on, the extract on the next page is read aloud by the Reading System using Text-"}}},
      {"w3c_nav-spine_not-in-spine.epub",
       {2,
        "nav-spine_not-in-spine",
        "Test passes if you can see two links (first link)",
        {"Test passes if you can access the two links in the navigation document, which is not in th", "Hello"}}},
      {"w3c_ocf-package_multiple.epub",
       {1, "ocf-package_multiple", "Link to main page", {"Test passes if you see this."}}},
      {"w3c_pkg-dir_rtl-root-ltr.epub",
       {1,
        "CSS: הרפתקה חדשה!",
        "Link to main page",
        {"Test passes if the book title in the reading system interface displays as follows:", "CSS: הרפתקה חדשה!",
         "(That is a correct rendering of the text.)"}}},
      {"w3c_pkg-spine-order.epub",
       {1,
        "pkg-spine-order",
        "Link to main page",
        {"This is a multi-page test.", "This page must appear first.", "Please proceed to the next page."}}},
      {"w3c_pub-cmt-svg.epub", {1, "pub-cmt-svg", "Link to main page", {"Test passes if you can see an image below."}}},
      {"wasteland.epub",
       {7,
        "The Waste Land",
        "The Waste Land",
        {"The Waste Land", "T.S. Eliot",
         "\"Nam Sibyllam quidem Cumis ego ipse oculis meis vidi in ampulla pendere, et cum illi pueri"}}},
  };
  const auto folder = weir::test::data("documents/epub");
  if (!folder) GTEST_SKIP() << weir::test::no_data("documents/epub");
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    const std::string name = entry.path().filename().string();
    const auto opened = open(contents_of(entry.path()));
    const auto known = expected.find(name);
    ASSERT_NE(known, expected.end()) << name;
    const Expected& e = known->second;
    ASSERT_TRUE(opened.book) << name << opened.book.error().line();
    Texts begin;
    for (std::uint32_t i = 0; begin.size() < e.begin.size() && (*opened.book)->seek(i); ++i) {
      for (auto next = (*opened.book)->next(); next && *next; next = (*opened.book)->next()) {
        if (begin.size() < e.begin.size())
          begin.push_back(plain((*next)->text).substr(0, e.begin[begin.size()].size()));
      }
    }
    EXPECT_EQ(begin, e.begin) << name;
    const auto chapters = (*opened.book)->chapters();
    ASSERT_TRUE(chapters) << name;
    EXPECT_EQ(chapters->size(), e.chapters) << name;
    EXPECT_EQ(chapters->at(0).title, e.first_chapter) << name;
    EXPECT_EQ((*opened.book)->info().title, e.title) << name;
    ++seen;
  }
  EXPECT_EQ(seen, expected.size());
}

TEST(Epub, BrokenBooksGiveTextOrOneLine) {
  const auto folder = weir::test::data("bad/epub");
  if (!folder) GTEST_SKIP() << weir::test::no_data("bad/epub");
  const std::map<std::string, Code> refused{{"ocf-container-file-missing-fatal.epub", Code::corrupt},
                                            {"ocf-container-not-ocf-error.epub", Code::corrupt},
                                            {"ocf-filename-not-utf8-error.epub", Code::corrupt},
                                            {"ocf-package-document-missing-fatal.epub", Code::corrupt},
                                            {"ocf-url-leaking-in-opf-error.epub", Code::corrupt},
                                            {"ocf-zip-unreadable-empty-fatal.epub", Code::corrupt},
                                            {"ocf-zip-unreadable-image-with-epub-extension-fatal.epub", Code::corrupt}};
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    const std::string name = entry.path().filename().string();
    const auto opened = open(contents_of(entry.path()));
    const auto known = refused.find(name);
    EXPECT_EQ(opened.book.has_value(), known == refused.end()) << name;
    if (!opened.book) {
      EXPECT_EQ(opened.book.error().line().find('\n'), std::string::npos);
      if (known != refused.end()) EXPECT_EQ(opened.book.error().code, known->second) << name;
      continue;
    }
    const auto first = (*opened.book)->next();
    ASSERT_TRUE(first) << name;
    EXPECT_TRUE(*first) << name;
  }
}

}  // namespace
}  // namespace weir::documents
