#include "weir/server/file_body.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>

namespace weir::server {
namespace {

namespace fs = std::filesystem;

class FileBodyTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    fs::create_directories(folder);
    std::ofstream(file) << "0123456789";
  }
  void TearDown() override { fs::remove_all(folder); }

  static std::string read_all(FileBody& body, std::size_t piece) {
    std::string out;
    while (out.size() < body.length()) {
      std::string bytes(piece, '\0');
      const auto got = body.read(std::as_writable_bytes(std::span(bytes)));
      if (!got || *got == 0) break;
      out += bytes.substr(0, *got);
    }
    return out;
  }

  const fs::path folder = fs::path(testing::TempDir()) / ("weir_file_body_" + std::to_string(::getpid()));
  const fs::path file = folder / "clip.mp4";
};

TEST_F(FileBodyTest, TheWholeFileComesInPiecesOfAnySize) {
  for (const std::size_t piece : {1UL, 3UL, 10UL, 100UL}) {
    auto body = FileBody::open(file);
    ASSERT_TRUE(body) << body.error().line();
    EXPECT_EQ(body->choose({}), 200);
    EXPECT_EQ(body->length(), 10u);
    EXPECT_EQ(read_all(*body, piece), "0123456789");
  }
}

TEST_F(FileBodyTest, RangesAreAnsweredAsTheStandardSays) {
  struct Case {
    const char* range;
    int status;
    const char* bytes;
    const char* content_range;
  };
  for (const Case& c : {
           Case{"bytes=0-3", 206, "0123", "bytes 0-3/10"},
           Case{"bytes=4-", 206, "456789", "bytes 4-9/10"},
           Case{"bytes=9-9", 206, "9", "bytes 9-9/10"},
           Case{"bytes=0-99", 206, "0123456789", "bytes 0-9/10"},
           Case{"bytes=-3", 206, "789", "bytes 7-9/10"},
           Case{"bytes=-99", 206, "0123456789", "bytes 0-9/10"},
           Case{"bytes=10-", 416, "", "bytes */10"},
           Case{"bytes=99-100", 416, "", "bytes */10"},
           Case{"bytes=-0", 416, "", "bytes */10"},
           Case{"bytes=18446744073709551615-", 416, "", "bytes */10"},
           Case{"bytes=99999999999999999999-", 200, "0123456789", nullptr},
           Case{"bytes=3-2", 200, "0123456789", nullptr},
           Case{"bytes=0-1,4-5", 200, "0123456789", nullptr},
           Case{"bytes=-", 200, "0123456789", nullptr},
           Case{"bytes=a-b", 200, "0123456789", nullptr},
           Case{"bytes= 0-3", 200, "0123456789", nullptr},
           Case{"seconds=0-3", 200, "0123456789", nullptr},
           Case{"", 200, "0123456789", nullptr},
       }) {
    auto body = FileBody::open(file);
    ASSERT_TRUE(body) << body.error().line();
    EXPECT_EQ(body->choose({.if_none_match = {}, .range = c.range, .if_range = {}}), c.status) << c.range;
    EXPECT_EQ(read_all(*body, 4), c.bytes) << c.range;
    if (c.content_range) EXPECT_EQ(body->content_range(), c.content_range);
  }
}

TEST_F(FileBodyTest, AnEmptyFileHasNoRanges) {
  std::ofstream(file, std::ios::trunc) << "";
  for (const char* range : {"bytes=0-", "bytes=-5", "bytes=0-0"}) {
    auto body = FileBody::open(file);
    ASSERT_TRUE(body);
    EXPECT_EQ(body->choose({.if_none_match = {}, .range = range, .if_range = {}}), 416);
    EXPECT_EQ(body->content_range(), "bytes */0");
  }
  auto body = FileBody::open(file);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->choose({}), 200);
  EXPECT_EQ(body->length(), 0u);
}

TEST_F(FileBodyTest, ARangeOfAnOlderStateIsAnsweredWithTheWholeNewOne) {
  const auto old = FileBody::open(file);
  ASSERT_TRUE(old);
  std::ofstream(file) << "abcdefghijk";
  auto body = FileBody::open(file);
  ASSERT_TRUE(body);
  EXPECT_NE(body->etag(), old->etag());
  EXPECT_EQ(body->choose({.if_none_match = old->etag(), .range = "bytes=3-", .if_range = old->etag()}), 200);
  EXPECT_EQ(body->choose({.if_none_match = {}, .range = "bytes=3-", .if_range = body->etag()}), 206);
  EXPECT_EQ(body->choose({.if_none_match = "\"x\", " + body->etag(), .range = {}, .if_range = {}}), 304);
  EXPECT_EQ(body->length(), 0u);
}

TEST_F(FileBodyTest, AFileThatBecameShorterIsAnErrorAndNotPaddedOrWaitedFor) {
  auto body = FileBody::open(file);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->choose({}), 200);
  fs::resize_file(file, 4);
  std::array<std::byte, 10> bytes;
  EXPECT_FALSE(body->read(bytes));
}

TEST_F(FileBodyTest, OnlyPlainFilesAreOpened) {
  EXPECT_EQ(FileBody::open(folder).error().code, Code::not_found);
  EXPECT_EQ(FileBody::open(folder / "none").error().code, Code::not_found);
  const fs::path pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(FileBody::open(pipe).error().code, Code::not_found);
  fs::create_symlink(file, folder / "link");
  EXPECT_EQ(FileBody::open(folder / "link").error().code, Code::not_found);
}

TEST_F(FileBodyTest, DatesAreWrittenAsHttpWantsThem) {
  const timespec times[2] = {{784111777, 0}, {784111777, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  const auto body = FileBody::open(file);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->last_modified(), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_F(FileBodyTest, ADownloadNameCannotEndItsHeader) {
  EXPECT_EQ(attachment_header("front 12.mp4"),
            "attachment; filename=\"front 12.mp4\"; filename*=UTF-8''front%2012.mp4");
  EXPECT_EQ(attachment_header("a\"b\r\nc/d\\e"), "attachment; filename=\"a_b__c_d_e\"; filename*=UTF-8''a_b__c_d_e");
  EXPECT_EQ(attachment_header("T\xc3\xbcr"), "attachment; filename=\"T__r\"; filename*=UTF-8''T%C3%BCr");
}

}  // namespace
}  // namespace weir::server
