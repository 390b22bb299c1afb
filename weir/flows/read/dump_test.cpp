#include "weir/flows/read/dump.hpp"

#include <gtest/gtest.h>

#include "weir/flows/read/test_reading.hpp"
#include "weir/media/files/test_files.hpp"

namespace weir::read {
namespace {

using test::line_of;

std::string text_of(const std::filesystem::path& path) {
  const auto bytes = media::test::read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Dump, EveryWordIsAnObjectOnALineOfItsOwn) {
  media::test::Scratch scratch;
  auto dump = make_dump(scratch / "words.jsonl");
  ASSERT_TRUE(dump);
  Line line = line_of(203);
  line.sentence = 4;
  ASSERT_TRUE((*dump)->put(line, {.start = 10, .end = 99, .words = {{10, 20}, {30, 99}}}, {}));
  EXPECT_FALSE(std::filesystem::exists(scratch / "words.jsonl"));
  ASSERT_TRUE((*dump)->commit());
  EXPECT_EQ(text_of(scratch / "words.jsonl"),
            R"({"word":"line","start":10,"end":20,"chapter":3,"paragraph":4,"sentence":5,"source":"bytes 0-0"})"
            "\n"
            R"({"word":"203","start":30,"end":99,"chapter":3,"paragraph":4,"sentence":5,"source":"bytes 0-0"})"
            "\n");
}

TEST(Dump, WhatJsonCannotHoldIsEscaped) {
  media::test::Scratch scratch;
  auto dump = make_dump(scratch / "words.jsonl");
  ASSERT_TRUE(dump);
  auto paragraph = std::make_shared<documents::Paragraph>();
  paragraph->text = "a\"b\\c\x01é";
  paragraph->words = {{{0, static_cast<std::uint32_t>(paragraph->text.size())}, {}}};
  Line line{.at = {}, .paragraph = paragraph, .text = {}, .words = {0}, .spoken = {}};
  ASSERT_TRUE((*dump)->put(line, {.start = 0, .end = 1, .words = {{0, 1}}}, {}));
  ASSERT_TRUE((*dump)->commit());
  EXPECT_NE(text_of(scratch / "words.jsonl").find(R"("word":"a\"b\\c\u0001é")"), std::string::npos);
}

TEST(Dump, AWordsPlaceIsWhatItsFormatKnows) {
  documents::Paragraph paragraph;
  documents::Word word{.text = {}, .source = {.begin = 120, .end = 125}};
  EXPECT_EQ(place_of(paragraph, word), "bytes 120-125");
  paragraph.element = "ch1.xhtml#/html/body/p[3]";
  EXPECT_EQ(place_of(paragraph, word), "ch1.xhtml#/html/body/p[3] 120-125");
  word.source = {.page = 3, .left = 72, .top = 100.06F, .right = 98.5F, .bottom = 112};
  EXPECT_EQ(place_of(paragraph, word), "page 3 box 72.0,100.1,98.5,112.0");
}

}  // namespace
}  // namespace weir::read
