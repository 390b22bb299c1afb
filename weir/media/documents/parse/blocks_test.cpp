#include "weir/media/documents/parse/blocks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::documents {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// A page of elements that are all closed: <name key="value">text</name>.
class Page {
 public:
  // Attributes without blanks in their values but those between single quotes.
  explicit Page(std::string_view markup) {
    while (!markup.empty()) {
      const std::size_t tag = std::min(markup.find('<'), markup.size());
      if (tag > 0) builder_.text(markup.substr(0, tag));
      markup.remove_prefix(tag);
      if (markup.empty()) break;
      const std::size_t end = markup.find('>');
      element(markup.substr(1, end - 1));
      markup.remove_prefix(end + 1);
    }
    builder_.end_paragraph();
    while (auto p = builder_.take()) paragraphs.push_back(std::move(*p));
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const RawParagraph& p : paragraphs) {
      std::string plain;
      for (const char c : p.text) {
        if (c != ' ' && c != '\n')
          plain += c;
        else if (!plain.empty() && plain.back() != ' ')
          plain += ' ';
      }
      while (!plain.empty() && plain.back() == ' ') plain.pop_back();
      out.push_back(plain);
    }
    return out;
  }
  std::vector<Kind> kinds() const {
    std::vector<Kind> out;
    for (const RawParagraph& p : paragraphs) out.push_back(p.kind);
    return out;
  }

  std::vector<RawParagraph> paragraphs;

 private:
  void element(std::string_view tag) {
    if (tag.starts_with('/')) return builder_.close();
    const bool alone = tag.ends_with('/');
    if (alone) tag.remove_suffix(1);
    const std::size_t name = std::min(tag.find(' '), tag.size());
    std::vector<Attribute> attributes;
    std::string_view rest = tag.substr(name);
    while (rest.find('=') != std::string_view::npos) {
      const std::size_t equals = rest.find('='), open = rest.find('\''), close = rest.find('\'', open + 1);
      attributes.push_back({rest.substr(1, equals - 1), rest.substr(open + 1, close - open - 1)});
      rest.remove_prefix(close + 1);
    }
    builder_.open(tag.substr(0, name), attributes);
    if (alone) builder_.close();
  }
  BlockBuilder builder_{"x.html"};
};

TEST(Blocks, BlockElementsEndAParagraphAndOthersDoNot) {
  const Page page("<html><body>loose <div>in <b>bold</b> type<p>one</p>two</div>three<hr/>four</body></html>");
  EXPECT_THAT(page.texts(), ElementsAre("loose", "in bold type", "one", "two", "three", "four"));
}

TEST(Blocks, TheKindIsThatOfTheElements) {
  const Page page(
      "<body><h3>a</h3><ul><li>b</li><li><p>c</p></li></ul><blockquote><p>d</p></blockquote><pre>e</pre>"
      "<figure><figcaption>f</figcaption></figure><aside epub:type='footnote'><p>g</p></aside>"
      "<p role='doc-footnote'>h</p><div class='left poem'><p>i</p></div><p>j</p></body>");
  EXPECT_THAT(page.kinds(), ElementsAre(Kind::heading, Kind::item, Kind::item, Kind::quote, Kind::code, Kind::caption,
                                        Kind::footnote, Kind::footnote, Kind::verse, Kind::text));
  EXPECT_EQ(page.paragraphs[0].level, 3);
}

TEST(Blocks, WhatNobodySeesIsLeftOut) {
  const Page page(
      "<html><head><title>t</title></head><body><script>s</script><style>s</style><template>s</template>"
      "<p hidden=''>s</p><p aria-hidden='true'>s</p><p style='color:red; Display: "
      "none'>s</p><p>seen</p><epub:switch><epub:case><p>s</p></epub:case><epub:default><p>too</p></epub:default>"
      "</epub:switch></body></html>");
  EXPECT_THAT(page.texts(), ElementsAre("seen", "too"));
}

TEST(Blocks, NumbersInTheMarginAreLeftOut) {
  const Page page(
      "<p>into the Hofgarten,<span class='lnum'>10</span></p><p>one<span class='x pagenum'>[Pg 7]</span> two</p>"
      "<p class='pagenum'>three</p>");
  EXPECT_THAT(page.texts(), ElementsAre("into the Hofgarten,", "one two", "three"));
}

TEST(Blocks, ReferencesToNotesAndPageNumbersAreLeftOut) {
  const Page page(
      "<p>One<a epub:type='noteref'>1</a>, two<a role='doc-noteref'>2</a>, three<sup><a href='#n3'>3</a></sup>, "
      "four<a href='n.html#n4'><sup>4</sup></a>, <span epub:type='pagebreak'>77</span>five<sup>2</sup>.</p>");
  EXPECT_THAT(page.texts(), ElementsAre("One, two, three, four, five2."));
}

TEST(Blocks, RubyIsItsBase) {
  const Page page("<p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>だ</p>");
  EXPECT_THAT(page.texts(), ElementsAre("漢字だ"));
}

TEST(Blocks, ARowOfATableIsAParagraphAndACellASentence) {
  const Page page(
      "<table><caption>c</caption><tr><th>a</th><td><p>b</p></td></tr><tr><td>d</td></tr></table><p>after</p>");
  EXPECT_THAT(page.texts(), ElementsAre("c", "a \u2029b", "d", "after"));
  EXPECT_THAT(page.kinds(), ElementsAre(Kind::caption, Kind::table, Kind::table, Kind::text));
}

TEST(Blocks, ATableThatLaysOutAPageHasItsParagraphs) {
  const Page page("<table><tr><td><h1>a</h1><p>b</p><p>c</p><ul><li>d</li></ul></td></tr></table>");
  EXPECT_THAT(page.texts(), ElementsAre("a", "b", "c", "d"));
}

TEST(Blocks, LinesMakeVerseAndTwoBreaksAParagraph) {
  const Page page("<p>one<br/>two<br/>three</p><p>street<br/>town</p><p>first<br/><br/>second<br/> <br/>third</p>");
  EXPECT_THAT(page.texts(), ElementsAre("one two three", "street town", "first", "second", "third"));
  EXPECT_THAT(page.kinds(), ElementsAre(Kind::verse, Kind::text, Kind::text, Kind::text, Kind::text));
}

TEST(Blocks, BlankLinesDividePreformattedText) {
  const Page page("<pre>a\n  b\n\n\nc</pre>");
  EXPECT_THAT(page.texts(), ElementsAre("a b", "c"));
}

TEST(Blocks, TheLanguageIsInherited) {
  const Page page("<html lang='en'><body xml:lang='de'><p>a</p><p lang='fr'>b</p></body></html>");
  ASSERT_THAT(page.paragraphs, SizeIs(2));
  EXPECT_EQ(page.paragraphs[0].language, "de");
  EXPECT_EQ(page.paragraphs[1].language, "fr");
}

TEST(Blocks, EveryByteHasItsPlaceInItsElement) {
  const Page page("<html><body>x<p>a</p><h:P>one <i>two<script>no</script> three</i></h:P></body></html>");
  ASSERT_THAT(page.paragraphs, SizeIs(3));
  const RawParagraph& p = page.paragraphs[2];
  EXPECT_EQ(p.element, "x.html#/html/body/p[2]");
  ASSERT_THAT(p.pieces, SizeIs(3));
  EXPECT_EQ(p.pieces[1].text, (Range{4, 7}));
  EXPECT_EQ(p.pieces[1].source.begin, 4U);
  EXPECT_EQ(p.pieces[2].source.begin, 9U);  // behind the script's text, which is the element's too
  EXPECT_EQ(p.pieces[2].source.end, 15U);
  EXPECT_EQ(page.paragraphs[0].element, "x.html#/html/body");
}

TEST(Blocks, DepthAndSizeAreBounded) {
  BlockBuilder builder("x");
  for (int i = 0; i < 100000; ++i) builder.open("div", {});
  builder.text("deep");
  for (int i = 0; i < 100000; ++i) builder.close();
  builder.open("p", {});
  for (int i = 0; i < 1000; ++i) builder.text(std::string(1000, 'x') + "é ");
  builder.close();
  auto paragraph = builder.take();
  ASSERT_TRUE(paragraph);
  EXPECT_EQ(paragraph->text, "deep");
  std::size_t bytes = 0;
  while ((paragraph = builder.take())) {
    EXPECT_LE(paragraph->text.size(), 64U << 10);
    bytes += paragraph->text.size();
  }
  EXPECT_EQ(bytes, 1003000U);
}

TEST(Blocks, WhatIsOpenAtTheEndIsRead) {
  BlockBuilder builder("x");
  builder.close();
  builder.text("outside");
  builder.open("p", {});
  builder.text("inside");
  builder.end_paragraph();
  const auto paragraph = builder.take();
  ASSERT_TRUE(paragraph);
  EXPECT_EQ(paragraph->text, "inside");
  EXPECT_FALSE(builder.take());
}

}  // namespace
}  // namespace weir::documents
