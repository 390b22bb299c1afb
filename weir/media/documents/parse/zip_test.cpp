#include "weir/media/documents/parse/zip.hpp"

#include <gtest/gtest.h>

#include "weir/media/documents/parse/zip_test_file.hpp"

namespace weir::documents {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(Zip, FilesAreReadByTheirNames) {
  const std::string file =
      test::zip_file({{"a.txt", "first"}, {"b/c.txt", ""}, {"b/é ü.txt", std::string(100'000, 'x')}});
  auto zip = Zip::open(bytes_of(file), "x.zip");
  ASSERT_TRUE(zip);
  EXPECT_EQ(zip->read("a.txt"), "first");
  EXPECT_EQ(zip->read("b/c.txt"), "");
  ASSERT_TRUE(zip->has("b/é ü.txt"));
  EXPECT_EQ(zip->read("b/é ü.txt")->size(), 100'000U);
  EXPECT_EQ(zip->read("a.txt"), "first");
  EXPECT_EQ(zip->read("b").error().code, Code::not_found);
}

TEST(Zip, WhatIsNoArchiveIsCorrupt) {
  for (const std::string& bytes :
       {std::string(), std::string("PK"), std::string(1000, '\0'), std::string("PK\5\6") + std::string(18, '\0')}) {
    const auto zip = Zip::open(bytes_of(bytes), "x.zip");
    ASSERT_FALSE(zip);
    EXPECT_EQ(zip.error().code, Code::corrupt);
  }
}

TEST(Zip, CutAndDamagedArchivesAreErrors) {
  const std::string whole = test::zip_file({{"a.txt", "a text that is read"}, {"b.txt", "another text"}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    auto zip = Zip::open(bytes_of(cut), "x.zip");
    if (zip && zip->has("a.txt")) (void)zip->read("a.txt");
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    auto zip = Zip::open(bytes_of(changed), "x.zip");
    if (!zip || !zip->has("a.txt")) continue;
    const auto text = zip->read("a.txt");
    if (!text) EXPECT_EQ(text.error().line().find('\n'), std::string::npos);
  }
}

TEST(Zip, ABombIsRefused) {
  const std::string file = test::zip_file({{"a.txt", "x"}, {"bomb", std::string(std::size_t{60} << 20, '\0')}});
  ASSERT_LT(file.size(), std::size_t{1} << 17);
  auto zip = Zip::open(bytes_of(file), "x.zip");
  ASSERT_TRUE(zip);
  EXPECT_EQ(zip->read("a.txt"), "x");
  const auto bomb = zip->read("bomb");
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().code, Code::exhausted);
  EXPECT_NE(bomb.error().line().find("bomb"), std::string::npos);
}

TEST(Zip, ManySmallBombsAreRefusedTogether) {
  test::ZipFiles files;
  for (int i = 0; i < 40; ++i) files.emplace_back("part" + std::to_string(i), std::string(std::size_t{1} << 20, ' '));
  const std::string file = test::zip_file(files);
  auto zip = Zip::open(bytes_of(file), "x.zip");
  ASSERT_TRUE(zip);
  bool refused = false;
  for (const auto& [name, content] : files) {
    const auto read = zip->read(name);
    refused = refused || (!read && read.error().code == Code::exhausted);
  }
  EXPECT_TRUE(refused);
  // What was read once may be read for ever.
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(zip->read("part0"));
}

TEST(Zip, AFileLargerThanAskedForIsRefused) {
  const std::string file = test::zip_file({{"a.txt", "1234567890"}});
  auto zip = Zip::open(bytes_of(file), "x.zip");
  EXPECT_EQ(zip->read("a.txt", 9).error().code, Code::exhausted);
  EXPECT_TRUE(zip->read("a.txt", 10));
}

TEST(Zip, NamesThatLeadOutAreNotThere) {
  const std::string file = test::zip_file(
      {{"../up", "x"}, {"/etc/passwd", "x"}, {"a/../../up", "x"}, {"a\\b", "x"}, {"good", "x"}, {"./dot", "x"}});
  auto zip = Zip::open(bytes_of(file), "x.zip");
  ASSERT_TRUE(zip);
  for (const char* name : {"../up", "/etc/passwd", "a/../../up", "a\\b", "up", "./dot"})
    EXPECT_FALSE(zip->has(name)) << name;
  EXPECT_TRUE(zip->has("good"));
}

TEST(Zip, OfTwoFilesWithOneNameTheFirstIsTaken) {
  const std::string file = test::zip_file({{"a", "first"}, {"a", "second"}});
  auto zip = Zip::open(bytes_of(file), "x.zip");
  EXPECT_EQ(zip->read("a"), "first");
}

TEST(ZipReferences, AreResolvedWithinTheArchive) {
  const struct {
    const char *base, *reference, *file;
  } cases[] = {{"OPS/p.opf", "a.xhtml", "OPS/a.xhtml"},        {"OPS/p.opf", "x/../a.xhtml#id", "OPS/a.xhtml"},
               {"OPS/t/n.xhtml", "../a.xhtml", "OPS/a.xhtml"}, {"p.opf", "a%20b%C3%A9.xhtml", "a bé.xhtml"},
               {"OPS/p.opf", "./a.xhtml?x=1", "OPS/a.xhtml"},  {"OPS/p.opf", "#here", "OPS/p.opf"},
               {"OPS/p.opf", "100%.xhtml", "OPS/100%.xhtml"}};
  for (const auto& c : cases) EXPECT_EQ(resolve(c.base, c.reference), c.file);
  for (const char* out : {"../../x", "/x", "http://a/b", "file:x", "..%2f..%2fx", "a\\b", "a%00b", "%FF", "data:,x"}) {
    EXPECT_FALSE(resolve("OPS/p.opf", out)) << out;
  }
  EXPECT_EQ(fragment_of("a#b%20c"), "b c");
  EXPECT_EQ(fragment_of("a"), "");
}

}  // namespace
}  // namespace weir::documents
