#include "weir/server/inside.hpp"

#include <unistd.h>
#include <gtest/gtest.h>

#include <fstream>

namespace weir::server {
namespace {

namespace fs = std::filesystem;

class InsideTest : public testing::Test {
 protected:
  void SetUp() override {
    folder = fs::path(testing::TempDir()) / ("weir_inside_" + std::to_string(::getpid()));
    fs::remove_all(folder);
    fs::create_directories(root / "front/2024-05-01");
    write(root / "front/2024-05-01/12.mp4");
    write(root / "front/now.mp4.part");
    write(root / "front/.hidden.mp4");
    fs::create_directories(root / ".state");
    write(root / ".state/index");
    write(folder / "secret.txt");
    write(folder / "kept somewhere else.txt");
  }
  void TearDown() override { fs::remove_all(folder); }
  static void write(const fs::path& path) { std::ofstream(path) << "x"; }

  fs::path folder;
  fs::path root = fs::path(testing::TempDir()) / ("weir_inside_" + std::to_string(::getpid())) / "media";
};

TEST_F(InsideTest, AFileBelowTheFolderIsFound) {
  const auto found = inside(root, "front/2024-05-01/12.mp4");
  ASSERT_TRUE(found) << found.error().line();
  EXPECT_EQ(*found, fs::canonical(root) / "front/2024-05-01/12.mp4");
  // The folder itself may be reached through a link: its owner has put it there.
  fs::create_directory_symlink(root, folder / "link");
  EXPECT_TRUE(inside(folder / "link", "front/2024-05-01/12.mp4"));
}

TEST_F(InsideTest, NamesThatLeadElsewhereAreRefused) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view name :
       {""sv, "/"sv, "/etc/passwd"sv, ".."sv, "../secret.txt"sv, "front/../../secret.txt"sv, "front/.."sv, "."sv,
        "front/./2024-05-01/12.mp4"sv, "front//2024-05-01/12.mp4"sv, "front/"sv, "front/now.mp4.part"sv,
        "front/.hidden.mp4"sv, ".state/index"sv, "front/2024-05-01/12.mp4\0.txt"sv, "\0"sv}) {
    const auto found = inside(root, name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().code, Code::denied) << name;
  }
  EXPECT_EQ(inside(root, std::string(2000, 'a')).error().code, Code::denied);
}

TEST_F(InsideTest, LinksMayNotLeadOutNorToWhatIsHidden) {
  fs::create_symlink(folder / "secret.txt", root / "front/innocent.mp4");
  fs::create_directory_symlink(folder, root / "up");
  fs::create_symlink(folder / "kept somewhere else.txt", root / "here.txt");
  fs::create_symlink(root / "front/.hidden.mp4", root / "front/visible.mp4");
  fs::create_symlink(root / "front/now.mp4.part", root / "front/done.mp4");
  fs::create_symlink(root / "front/2024-05-01/12.mp4", root / "latest.mp4");
  // A sibling whose name begins like the folder's.
  fs::create_directories(folder / "media2");
  write(folder / "media2/other.mp4");
  fs::create_symlink(folder / "media2/other.mp4", root / "other.mp4");
  for (const char* name : {"front/innocent.mp4", "up/secret.txt", "here.txt", "up/kept somewhere else.txt",
                           "front/visible.mp4", "front/done.mp4", "other.mp4"}) {
    const auto found = inside(root, name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().code, Code::denied) << name;
  }
  EXPECT_TRUE(inside(root, "latest.mp4"));
}

TEST_F(InsideTest, WhatIsMissingIsNotFound) {
  EXPECT_EQ(inside(root, "front/none.mp4").error().code, Code::not_found);
  EXPECT_EQ(inside(folder / "nowhere", "a.mp4").error().code, Code::not_found);
  EXPECT_EQ(inside(root, "front/2024-05-01/12.mp4/more").error().code, Code::not_found);
}

}  // namespace
}  // namespace weir::server
