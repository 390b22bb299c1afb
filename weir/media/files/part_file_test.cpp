#include "weir/media/files/part_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include "weir/media/files/test_files.hpp"

namespace weir::media {
namespace {

using test::Scratch;

std::vector<std::byte> bytes_of(std::string_view text) {
  std::vector<std::byte> bytes;
  for (char c : text) bytes.push_back(static_cast<std::byte>(c));
  return bytes;
}

TEST(PartFile, ItHasItsNameOnlyWhenItIsWhole) {
  const Scratch scratch;
  const auto path = scratch / "a.bin";
  auto file = PartFile::open(path);
  ASSERT_TRUE(file) << file.error().line();
  ASSERT_TRUE(file->append(bytes_of("one two three")));
  ASSERT_TRUE(file->overwrite(4, bytes_of("TWO")));
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(std::filesystem::exists(scratch / "a.bin.part"));
  ASSERT_TRUE(file->truncate(7));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(test::read_file(path), bytes_of("one TWO"));
  EXPECT_FALSE(std::filesystem::exists(scratch / "a.bin.part"));
}

TEST(PartFile, WithoutACommitNothingStays) {
  const Scratch scratch;
  {
    auto file = PartFile::open(scratch / "a.bin");
    ASSERT_TRUE(file && file->append(bytes_of("half")));
  }
  EXPECT_TRUE(std::filesystem::is_empty(scratch / ""));
}

TEST(PartFile, ItIsLockedWhileItIsWritten) {
  const Scratch scratch;
  auto file = PartFile::open(scratch / "a.bin");
  ASSERT_TRUE(file);
  const int other = ::open((scratch / "a.bin.part").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(other, 0);
  EXPECT_NE(::flock(other, LOCK_EX | LOCK_NB), 0);
  ::close(other);
}

TEST(PartFile, NothingIsEverOverwritten) {
  const Scratch scratch;
  test::write_file(scratch / "a.bin", bytes_of("precious"));
  const auto taken = PartFile::open(scratch / "a.bin");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::invalid) << taken.error().line();
  // Not a file that came while it was written, nor a link that leads nowhere, nor another writer's.
  auto late = PartFile::open(scratch / "b.bin");
  ASSERT_TRUE(late && late->append(bytes_of("new")));
  test::write_file(scratch / "b.bin", bytes_of("precious"));
  EXPECT_FALSE(PartFile::open(scratch / "b.bin"));
  EXPECT_EQ(late->commit().error().code, Code::invalid);
  std::filesystem::create_symlink(scratch / "elsewhere", scratch / "c.bin");
  EXPECT_FALSE(PartFile::open(scratch / "c.bin"));
  std::filesystem::create_symlink(scratch / "elsewhere", scratch / "d.bin.part");
  EXPECT_FALSE(PartFile::open(scratch / "d.bin"));
  EXPECT_FALSE(std::filesystem::exists(scratch / "elsewhere"));
  EXPECT_EQ(test::read_file(scratch / "a.bin"), bytes_of("precious"));
  EXPECT_EQ(test::read_file(scratch / "b.bin"), bytes_of("precious"));
}

TEST(PartFile, WhereFilesAreReplacedTheOldOneStaysUntilTheNewOneIsWhole) {
  const Scratch scratch;
  const auto path = scratch / "a.bin";
  test::write_file(path, bytes_of("old"));
  {
    auto abandoned = PartFile::open(path, Existing::replaced);
    ASSERT_TRUE(abandoned && abandoned->append(bytes_of("half")));
  }
  EXPECT_EQ(test::read_file(path), bytes_of("old"));
  auto file = PartFile::open(path, Existing::replaced);
  ASSERT_TRUE(file && file->append(bytes_of("new")));
  const auto second = PartFile::open(path, Existing::replaced);
  ASSERT_FALSE(second) << "two would write one file";
  EXPECT_EQ(second.error().code, Code::invalid);
  EXPECT_EQ(test::read_file(path), bytes_of("old"));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(test::read_file(path), bytes_of("new"));
  EXPECT_FALSE(std::filesystem::exists(scratch / "a.bin.part"));
}

TEST(PartFile, WhereFilesAreReplacedThatOfACrashIsTakenOverAndWhatIsNoFileIsRefused) {
  const Scratch scratch;
  test::write_file(scratch / "a.bin.part", bytes_of("left by a crash, and longer"));
  auto file = PartFile::open(scratch / "a.bin", Existing::replaced);
  ASSERT_TRUE(file && file->append(bytes_of("new")) && file->commit());
  EXPECT_EQ(test::read_file(scratch / "a.bin"), bytes_of("new"));
  std::filesystem::create_directory(scratch / "folder");
  EXPECT_EQ(PartFile::open(scratch / "folder", Existing::replaced).error().code, Code::invalid);
  EXPECT_EQ(PartFile::open("/dev/null", Existing::replaced).error().code, Code::invalid);
  EXPECT_FALSE(std::filesystem::exists("/dev/null.part"));
}

TEST(PartFile, AMissingFolderAndAFullDiskAreToldApart) {
  const Scratch scratch;
  EXPECT_EQ(PartFile::open(scratch / "none/a.bin").error().code, Code::not_found);
  const test::FileSizeLimit limit(1000);
  const auto written = write_file(scratch / "a.bin", std::vector<std::byte>(2000));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::exhausted) << written.error().line();
  EXPECT_TRUE(std::filesystem::is_empty(scratch / ""));
}

TEST(PartFile, AWholeFileAtOnce) {
  const Scratch scratch;
  ASSERT_TRUE(write_file(scratch / "a.jpg", bytes_of("picture")));
  EXPECT_EQ(test::read_file(scratch / "a.jpg"), bytes_of("picture"));
  EXPECT_EQ(write_file(scratch / "a.jpg", bytes_of("other")).error().code, Code::invalid);
}

}  // namespace
}  // namespace weir::media
