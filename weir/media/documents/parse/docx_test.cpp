#include <gtest/gtest.h>

#include <algorithm>

#include "weir/media/documents/parse/blocks.hpp"
#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/zip_test_file.hpp"

namespace weir::documents {
namespace {

using Texts = std::vector<std::string>;
using test::ZipFiles;

const std::string names =
    " xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main' "
    "xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'";

std::string run(const std::string& text) { return "<w:r><w:t xml:space='preserve'>" + text + "</w:t></w:r>"; }
std::string p(const std::string& inside, const std::string& style = "") {
  return "<w:p>" + (style.empty() ? "" : "<w:pPr><w:pStyle w:val='" + style + "'/></w:pPr>") + inside + "</w:p>";
}

std::string docx(const std::string& body, const ZipFiles& more = {}) {
  ZipFiles files{{"word/document.xml", "<?xml version='1.0'?><w:document" + names + "><w:body>" + body +
                                           "<w:sectPr/></w:body></w:document>"}};
  files.insert(files.end(), more.begin(), more.end());
  return test::zip_file(files);
}

struct Opened {
  std::string bytes;
  Result<std::unique_ptr<Book>> book;
};

Opened open(std::string bytes) {
  Opened opened{std::move(bytes), nullptr};
  opened.book = open_docx(std::as_bytes(std::span(opened.bytes)), {"letter.docx", ""});
  return opened;
}

std::vector<RawParagraph> chapter(const Opened& opened, std::uint32_t number = 0) {
  std::vector<RawParagraph> all;
  EXPECT_TRUE(opened.book) << opened.book.error().line();
  if (!opened.book || !(*opened.book)->seek(number)) return all;
  for (auto next = (*opened.book)->next(); next && *next; next = (*opened.book)->next())
    all.push_back(std::move(**next));
  return all;
}

Texts texts(const std::vector<RawParagraph>& paragraphs) {
  Texts all;
  for (const RawParagraph& paragraph : paragraphs) all.push_back(paragraph.text);
  return all;
}

Texts texts_of(const std::string& body, const ZipFiles& more = {}) { return texts(chapter(open(docx(body, more)))); }

TEST(Docx, RunsTabsAndBreaksAreOneParagraph) {
  EXPECT_EQ(texts_of(p(run("One ") + run("&amp; two") + "<w:r><w:tab/><w:t>three</w:t><w:br/><w:t>four</w:t></w:r>") +
                     p("") + p(run("Next.") + run(" ") + run("More"))),
            (Texts{"One & two\tthree\nfour", "Next. More"}));
}

TEST(Docx, WhatWasDeletedOrIsHiddenIsNotReadAndWhatWasInsertedIs) {
  EXPECT_EQ(texts_of(p(run("a") + "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:ins>" + run("b") +
                       "</w:ins><w:moveFrom>" + run("away") + "</w:moveFrom><w:moveTo>" + run("c") +
                       "</w:moveTo><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:rPr><w:vanish "
                       "w:val='0'/></w:rPr><w:t>d</w:t></w:r>")),
            (Texts{"abcd"}));
}

TEST(Docx, OfAFieldTheResultIsReadAndOfALinkItsText) {
  EXPECT_EQ(
      texts_of(p("<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>PAGEREF x</w:instrText></w:r><w:r>"
                 "<w:fldChar w:fldCharType='separate'/></w:r>" +
                 run("12") + "<w:r><w:fldChar w:fldCharType='end'/></w:r><w:hyperlink>" + run(" link") +
                 "</w:hyperlink><w:fldSimple w:instr='DATE'>" + run(" today") + "</w:fldSimple>")),
      (Texts{"12 link today"}));
}

TEST(Docx, TextBoxesAreReadOnceBehindTheirParagraph) {
  const std::string box = "<w:txbxContent>" + p(run("boxed")) + "</w:txbxContent>";
  EXPECT_EQ(texts_of(p(run("before") + "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>" + box +
                       "</w:drawing></mc:Choice><mc:Fallback><w:pict>" + box +
                       "</w:pict></mc:Fallback></mc:AlternateContent></w:r>" + run(" after")) +
                     p("<w:r><w:pict>" + box + "</w:pict></w:r>")),
            (Texts{"before after", "boxed", "boxed"}));
}

TEST(Docx, RowsOfTablesAreParagraphsOfCells) {
  const auto cell = [](const std::string& inside) { return "<w:tc><w:tcPr/>" + inside + "</w:tc>"; };
  const auto all = chapter(open(docx("<w:tbl><w:tblPr/><w:tr>" + cell(p(run("a")) + p(run("b"))) + cell(p("")) +
                                     cell(p(run("c"))) + "</w:tr><w:tr>" + cell(p(run("d"))) + "</w:tr></w:tbl>")));
  EXPECT_EQ(texts(all), (Texts{"a b" + std::string(sentence_end) + "c", "d"}));
  EXPECT_EQ(all[0].kind, Kind::table);
  EXPECT_EQ(all[1].element, "word/document.xml#/w:document/w:body/w:tbl/w:tr[2]");
}

TEST(Docx, NotesFollowTheParagraphThatRefersToThemOnce) {
  const std::string notes = "<w:footnotes" + names + "><w:footnote w:id='0' w:type='separator'>" + p(run("-")) +
                            "</w:footnote><w:footnote w:id='2'>" + p(run("The note.")) + "</w:footnote></w:footnotes>";
  const auto all =
      chapter(open(docx(p(run("A word") + "<w:r><w:footnoteReference w:id='2'/></w:r>" + run(" and more.")) +
                            p(run("Next") + "<w:r><w:footnoteReference w:id='2'/></w:r>"),
                        {{"word/footnotes.xml", notes}})));
  EXPECT_EQ(texts(all), (Texts{"A word and more.", "The note.", "Next"}));
  EXPECT_EQ(all[1].kind, Kind::footnote);
  EXPECT_EQ(all[1].element, "word/footnotes.xml#/w:footnotes/w:footnote[2]/w:p");
}

const std::string styles =
    "<w:styles" + names +
    "><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val='de-DE' "
    "w:eastAsia='ja-JP'/></w:rPr></w:rPrDefault></w:docDefaults>"
    "<w:style w:styleId='berschrift1'><w:name w:val='heading 1'/></w:style>"
    "<w:style w:styleId='Own'><w:name w:val='My Own'/><w:basedOn w:val='berschrift1'/></w:style>"
    "<w:style w:styleId='Lvl'><w:name w:val='x'/><w:pPr><w:outlineLvl w:val='1'/></w:pPr></w:style>"
    "<w:style w:styleId='Loop'><w:name w:val='l'/><w:basedOn w:val='Loop'/></w:style>"
    "<w:style w:styleId='T'><w:name w:val='Title'/></w:style>"
    "<w:style w:styleId='Z'><w:name w:val='Quote'/></w:style></w:styles>";

TEST(Docx, HeadingsAreKnownByTheirStylesInAnyLanguage) {
  const auto opened =
      open(docx(p(run("T"), "T") + p(run("intro")) + p(run("One"), "Own") + p(run("Under"), "Lvl") +
                    p(run("quoted"), "Z") + p(run("loop"), "Loop") + p(run("Two"), "Überschrift1") +
                    "<w:p><w:pPr><w:outlineLvl w:val='0'/></w:pPr>" + run("Three") + "</w:p>" +
                    "<w:p><w:pPr><w:numPr><w:numId w:val='3'/></w:numPr></w:pPr>" + run("item") + "</w:p>",
                {{"word/styles.xml", styles}}));
  const auto chapters = (*opened.book)->chapters();
  EXPECT_EQ(*chapters, (std::vector<Chapter>{{"T", 1}, {"One", 1}, {"Two", 1}, {"Three", 1}}));
  const auto one = chapter(opened, 1);
  ASSERT_EQ(one.size(), 4U);
  EXPECT_EQ(one[0].kind, Kind::heading);
  EXPECT_EQ(one[0].level, 1);
  EXPECT_EQ(one[1].level, 2);
  EXPECT_EQ(one[2].kind, Kind::quote);
  EXPECT_EQ(one[3].kind, Kind::text);
  EXPECT_EQ(chapter(opened, 3).back().kind, Kind::item);
  EXPECT_EQ((*opened.book)->seek(4).error().code, Code::not_found);
}

TEST(Docx, ChaptersBeginAtTheOutermostHeadingsInUse) {
  const auto opened =
      open(docx(p(run("A"), "Heading2") + p(run("a")) + p(run("AA"), "Heading3") + p(run("B"), "Heading2")));
  EXPECT_EQ(*(*opened.book)->chapters(), (std::vector<Chapter>{{"A", 1}, {"B", 1}}));
  EXPECT_EQ(texts(chapter(opened, 0)), (Texts{"A", "a", "AA"}));
}

TEST(Docx, LanguagesOfRunsAndOfTheDocumentAreTold) {
  const auto opened = open(docx(
      p("<w:r><w:rPr><w:lang w:val='fr-FR' w:eastAsia='zh-CN'/></w:rPr><w:t>Un mot plus long</w:t></w:r>" + run("x")) +
          p("<w:r><w:rPr><w:lang w:val='fr-FR' w:eastAsia='zh-CN'/></w:rPr><w:t>漢字</w:t></w:r>") +
          p("<w:r><w:rPr><w:rtl/><w:lang w:val='fr-FR' w:bidi='he-IL'/></w:rPr><w:t>שלום</w:t></w:r>") + p(run("y")),
      {{"word/styles.xml", styles}}));
  const auto all = chapter(opened);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].language, "fr-FR");
  EXPECT_EQ(all[1].language, "zh-CN");
  EXPECT_EQ(all[2].language, "he-IL");
  EXPECT_EQ(all[3].language, "");
  EXPECT_EQ((*opened.book)->info().language, "de-DE");
}

TEST(Docx, TitleAndAuthorAreTold) {
  const std::string core =
      "<cp:coreProperties xmlns:cp='c' xmlns:dc='d'><dc:title>A Title</dc:title><dc:creator>N. "
      "N.</dc:creator><dc:language>pl</dc:language></cp:coreProperties>";
  EXPECT_EQ((*open(docx(p(run("x")), {{"docProps/core.xml", core}})).book)->info(),
            (Info{"DOCX", "A Title", "N. N.", "pl"}));
  EXPECT_EQ((*open(docx(p(run("x")))).book)->info().title, "letter");
}

TEST(Docx, WordsHaveTheirPlaceInTheElementsText) {
  const auto all = chapter(open(docx(
      p(run("gone")) + "<w:sdt><w:sdtContent>" + p(run("x")) +
      p(run("ab") + "<w:del><w:r><w:delText>1234</w:delText></w:r></w:del>" + run("cd")) + "</w:sdtContent></w:sdt>")));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].element, "word/document.xml#/w:document/w:body/w:p");
  EXPECT_EQ(all[2].element, "word/document.xml#/w:document/w:body/w:sdt/w:sdtContent/w:p[2]");
  ASSERT_EQ(all[2].pieces.size(), 2U);
  EXPECT_EQ(all[2].pieces[1].text, (Range{2, 4}));
  EXPECT_EQ(all[2].pieces[1].source.begin, 6U);
}

TEST(Docx, AParagraphOfMegabytesComesInPartsAndLosesNothing) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += std::to_string(i) + " ";
  const auto all = chapter(open(docx(p(run(text)))));
  ASSERT_GT(all.size(), 20U);
  std::string together;
  std::uint64_t at = 0;
  for (const RawParagraph& part : all) {
    EXPECT_LE(part.text.size(), std::size_t{48} << 10);
    ASSERT_EQ(part.pieces.size(), 1U);
    EXPECT_EQ(part.pieces[0].source.begin, at);
    at = part.pieces[0].source.end;
    together += part.text;
  }
  EXPECT_EQ(together, text);
}

TEST(Docx, TextWithoutBlanksIsCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "é";
  std::string together;
  for (const RawParagraph& part : chapter(open(docx(p(run("x" + text)))))) {
    EXPECT_NE(static_cast<unsigned char>(part.text[0]) & 0xC0, 0x80);
    together += part.text;
  }
  EXPECT_EQ(together, "x" + text);
}

TEST(Docx, DeepNestingIsNoDanger) {
  std::string begin, end;
  for (int i = 0; i < 100'000; ++i) {
    begin += "<w:sdt>";
    end += "</w:sdt>";
  }
  EXPECT_EQ(texts_of(begin + p(run("deep")) + end + p(begin + run("deep") + end) + p(run("text"))), (Texts{"text"}));
}

TEST(Docx, EncryptedAndOldFilesAreNamed) {
  const auto opened = open("\xD0\xCF\x11\xE0 and so on");
  ASSERT_FALSE(opened.book);
  EXPECT_EQ(opened.book.error().code, Code::unsupported);
  EXPECT_NE(opened.book.error().line().find("save it as DOCX"), std::string::npos);
}

TEST(Docx, WhatIsNoDocxIsCorrupt) {
  for (const std::string& bytes :
       {std::string("PK"), test::zip_file({{"a", "b"}}), test::zip_file({{"word/document.xml", "<w:document>"}}),
        test::zip_file({{"word/document.xml", "<w:document/>"}})}) {
    const auto opened = open(bytes);
    ASSERT_FALSE(opened.book);
    EXPECT_EQ(opened.book.error().code, Code::corrupt);
  }
  const auto bomb = open(docx(p(run(std::string(std::size_t{40} << 20, 'x')))));
  ASSERT_FALSE(bomb.book);
  EXPECT_EQ(bomb.book.error().code, Code::exhausted);
  EXPECT_NE(bomb.book.error().line().find("bomb"), std::string::npos);
}

TEST(Docx, EntitiesOfADtdAreNotExpanded) {
  const std::string file = test::zip_file(
      {{"word/document.xml", "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]><w:document" +
                                 names + "><w:body>" + p(run("x&a;y&b;")) + "</w:body></w:document>"}});
  EXPECT_EQ(texts(chapter(open(file))), (Texts{"x&a;y&b;"}));
}

}  // namespace
}  // namespace weir::documents
