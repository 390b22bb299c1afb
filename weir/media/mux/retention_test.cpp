#include "weir/media/mux/retention.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "weir/media/mux/mp4_writer.hpp"
#include "weir/media/files/part_file.hpp"
#include "weir/media/mux/test_stream.hpp"

namespace weir::media {
namespace {

namespace fs = std::filesystem;
using test::Scratch;

constexpr std::int64_t minute_us = 60'000'000;
constexpr std::int64_t first_us = 1'714'570'620'000'000;  // 2024-05-01 13:37 UTC

class RetentionTest : public testing::Test {
 protected:
  fs::path dir() const { return scratch_ / "recordings"; }
  // Writes a recording of so many bytes, made so many minutes after the first one.
  std::string put(const std::string& path, std::size_t bytes, int minutes = 0) {
    fs::create_directories((dir() / path).parent_path());
    test::write_file(dir() / path, std::vector<std::byte>(bytes));
    const auto time = std::chrono::sys_time<Nanos>(std::chrono::microseconds(first_us + minutes * minute_us));
    fs::last_write_time(dir() / path, fs::file_time_type::clock::from_sys(time));
    return path;
  }
  std::string segment(int minutes, std::size_t bytes = 1000, const std::string& camera = "front") {
    return put(segment_path(camera, first_us + minutes * minute_us, 1), bytes, minutes);
  }
  bool there(const std::string& path) const { return fs::exists(fs::symlink_status(dir() / path)); }

  std::unique_ptr<Retention> open(Retention::Options options = {}) {
    options.dir = dir();
    options.wall_ns = [this] { return wall_us_.load() * 1000; };
    options.free_bytes = [this](const fs::path&) { return free_bytes_.load(); };
    auto retention = Retention::open(std::move(options));
    EXPECT_TRUE(retention) << retention.error().line();
    return retention ? std::move(*retention) : nullptr;
  }

  Scratch scratch_;
  std::atomic<std::int64_t> wall_us_{first_us};
  std::atomic<std::uint64_t> free_bytes_{1'000'000};
};

TEST_F(RetentionTest, TheOldestSegmentsGoFirstThenTheOldestClipsAndSnapshots) {
  const auto clip = put("front/clips/a.mp4", 1000, 0), snapshot = put("front/snapshots/a.jpg", 1000, 1);
  const auto late_clip = put("back/clips/b.mp4", 1000, 9);
  const auto s5 = segment(5), s3 = segment(3, 1000, "back"), s4 = segment(4);
  const auto retention = open({.max_bytes = 6000});
  EXPECT_EQ(retention->report().bytes, 6000u);
  EXPECT_EQ(retention->report().files, 6u);
  for (const auto& next : {s3, s4, s5, clip, snapshot, late_clip}) {
    EXPECT_TRUE(there(next));
    ASSERT_TRUE(retention->room_for(1000));
    EXPECT_FALSE(there(next)) << next;
    EXPECT_EQ(retention->report().bytes + retention->report().open_bytes, 6000u);
  }
  EXPECT_FALSE(retention->room_for(1)) << "all of it is being written";
  retention->give_back(1000);
  EXPECT_TRUE(retention->room_for(1000));
  EXPECT_EQ(retention->report().deleted_files, 6u);
  EXPECT_EQ(retention->report().deleted_bytes, 6000u);
}

TEST_F(RetentionTest, WhatIsAddedCountsAndGoesInTurn) {
  const auto retention = open({.max_bytes = 3000});
  for (int i = 0; i < 10; ++i) {
    wall_us_ = first_us + i * minute_us;
    ASSERT_TRUE(retention->room_for(1000));
    retention->added(segment(i), 1000);
    EXPECT_EQ(retention->report().open_bytes, 0u);
    EXPECT_EQ(retention->report().files, std::min<std::size_t>(3, static_cast<std::size_t>(i) + 1));
    for (int j = 0; j <= i; ++j) EXPECT_EQ(there(segment_path("front", first_us + j * minute_us, 1)), j + 3 > i) << i;
  }
  ASSERT_TRUE(retention->room_for(1000));
  retention->added("front/notes.txt", 1000);
  EXPECT_EQ(retention->report().files, 2u) << "no recording";
}

TEST_F(RetentionTest, WhatIsTooOldGoesWhateverRoomThereIs) {
  const auto old_segment = segment(0), old_clip = put("front/clips/a.mp4", 10, 0), segment_10 = segment(10);
  const auto clip_10 = put("front/clips/b.mp4", 10, 10);
  wall_us_ = first_us + 20 * minute_us;
  const auto retention = open({.max_age = std::chrono::minutes(15)});
  EXPECT_FALSE(there(old_segment) || there(old_clip)) << "at the start";
  EXPECT_TRUE(there(segment_10) && there(clip_10));
  wall_us_ = first_us + 25 * minute_us;
  retention->expire();
  EXPECT_TRUE(there(segment_10) && there(clip_10)) << "of that very age";
  wall_us_ = first_us + 25 * minute_us + 1000;
  retention->expire();
  EXPECT_FALSE(there(segment_10) || there(clip_10));
}

TEST_F(RetentionTest, TheDiskKeepsItsFreeBytes) {
  std::vector<std::string> files;
  for (int i = 0; i < 10; ++i) files.push_back(segment(i));
  free_bytes_ = 5000;
  const auto retention = open({.min_free_bytes = 5000});
  EXPECT_EQ(retention->report().files, 10u);
  ASSERT_TRUE(retention->room_for(2500));
  EXPECT_EQ(retention->report().files, 7u) << "no more than is needed";
  EXPECT_FALSE(there(files[0]) || there(files[1]) || there(files[2]));
  free_bytes_ = 0;
  EXPECT_FALSE(retention->room_for(5000));
  EXPECT_EQ(retention->report().files, 7u) << "nothing is deleted in vain";
  EXPECT_EQ(retention->report().refused, 1u);
  free_bytes_ = 10'000;
  EXPECT_TRUE(retention->room_for(5000));
}

TEST_F(RetentionTest, WhatIsNotOursIsNeitherCountedNorDeleted) {
  const auto ours = segment(0);
  std::vector<std::string> foreign = {put("front/notes.txt", 10),   put("front/2024-05-01/notes.txt", 10),
                                      put("front/clips/a.mkv", 10), put("front/clips/deep/a.mp4", 10),
                                      put("front/other/a.mp4", 10), put("top.mp4", 10),
                                      put(".x/clips/a.mp4", 10),    put("front/clips/a.txt.part", 10)};
  // Where links lead is somebody else's, even when it is named like ours.
  const auto outside = scratch_ / "outside";
  fs::create_directories(outside / "clips");
  fs::create_directories(outside / "2024-05-01");
  test::write_file(outside / "clips/x.mp4", std::vector<std::byte>(10));
  test::write_file(outside / "2024-05-01/13-37-00.000.mp4", std::vector<std::byte>(10));
  fs::create_directory_symlink(outside, dir() / "linked");
  fs::create_directory_symlink(outside / "clips", dir() / "front/snapshots");
  fs::create_symlink(outside / "clips/x.mp4", dir() / "front/clips/link.mp4");
  fs::create_symlink(outside / "clips/x.mp4", dir() / "front/clips/link.mp4.part");
  wall_us_ = first_us + minute_us;
  const auto retention = open({.max_age = std::chrono::seconds(1)});
  EXPECT_EQ(retention->report().bytes, 0u);
  EXPECT_FALSE(there(ours));
  EXPECT_EQ(retention->report().deleted_files, 1u);
  for (const auto& path : foreign) EXPECT_TRUE(there(path)) << path;
  for (const char* path : {"linked", "front/snapshots", "front/clips/link.mp4", "front/clips/link.mp4.part"}) {
    EXPECT_TRUE(there(path)) << path;
  }
  EXPECT_TRUE(fs::exists(outside / "clips/x.mp4") && fs::exists(outside / "2024-05-01/13-37-00.000.mp4"));
}

TEST_F(RetentionTest, AFolderThatBecameALinkIsNotFollowed) {
  const auto ours = segment(0);
  const auto retention = open({.max_bytes = 1500});
  const auto outside = scratch_ / "outside";
  fs::rename(dir() / "front", outside);
  fs::create_directory_symlink(outside, dir() / "front");
  EXPECT_TRUE(retention->room_for(500));
  EXPECT_FALSE(retention->room_for(600));
  EXPECT_TRUE(there(ours)) << "through the link it is still there";
  EXPECT_EQ(retention->report().errors, 1u);
  EXPECT_FALSE(retention->make_folder_of("front/clips/a.mp4"));
}

TEST_F(RetentionTest, DateFoldersGoWithTheirLastFile) {
  const auto first = segment(0), second = segment(1);
  const auto retention = open({.max_bytes = 2000});
  ASSERT_TRUE(retention->room_for(1000));
  EXPECT_TRUE(there("front/2024-05-01"));
  ASSERT_TRUE(retention->room_for(1000));
  EXPECT_FALSE(there("front/2024-05-01"));
  EXPECT_TRUE(there("front"));
  ASSERT_TRUE(retention->make_folder_of(first));
  EXPECT_TRUE(there("front/2024-05-01"));
}

TEST_F(RetentionTest, WhatSomebodyElseDeletedIsNoError) {
  const auto first = segment(0), second = segment(1);
  const auto retention = open({.max_bytes = 2000});
  fs::remove(dir() / first);
  EXPECT_TRUE(retention->room_for(1000));
  EXPECT_TRUE(there(second));
  EXPECT_EQ(retention->report().errors, 0u);
  EXPECT_EQ(retention->report().deleted_files, 0u);
}

TEST_F(RetentionTest, WhatCannotBeDeletedStillCountsAndIsReported) {
  const auto first = segment(0), second = segment(1);
  const auto retention = open({.max_bytes = 2000});
  fs::remove(dir() / first);
  fs::create_directory(dir() / first);
  EXPECT_TRUE(retention->room_for(1000)) << "the next one does";
  EXPECT_FALSE(there(second));
  EXPECT_FALSE(retention->room_for(1000));
  EXPECT_EQ(retention->report().errors, 1u);
  EXPECT_NE(retention->report().last_error.find(first), std::string::npos) << retention->report().last_error;
}

// A program that is killed while it records: the next one makes a whole file of what can be played.
TEST_F(RetentionTest, WhatACrashLeftIsMadeWholeOrRemoved) {
  const auto source = test::load(test::make_clip(scratch_ / "source.ts", {.frames = 100, .gop = 20}));
  const std::string clip = "front/clips/a.mp4", empty = "front/clips/b.mp4";
  fs::create_directories(dir() / "front/clips");
  const pid_t child = ::fork();
  if (child == 0) {
    auto whole = Mp4Writer::open(dir() / clip, *source[0].info),
         begun = Mp4Writer::open(dir() / empty, *source[0].info);
    for (const MuxPacket& packet : source) (void)(*whole)->write(packet);
    (void)(*begun)->write(source[0]);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_TRUE(there(clip + ".part") && there(empty + ".part"));
  // One of the fragments was not whole.
  fs::resize_file(dir() / (clip + ".part"), fs::file_size(dir() / (clip + ".part")) - 10);
  put("front/snapshots/a.jpg.part", 10);
  // One is being written right now.
  auto live = PartFile::open(dir() / "front/clips/c.mp4");
  ASSERT_TRUE(live);

  const auto retention = open();
  EXPECT_EQ(retention->report().salvaged_files, 1u);
  EXPECT_EQ(retention->report().removed_parts, 2u);
  EXPECT_TRUE(there(clip));
  EXPECT_FALSE(there(clip + ".part") || there(empty + ".part") || there(empty) || there("front/snapshots/a.jpg.part"));
  EXPECT_TRUE(there("front/clips/c.mp4.part"));
  EXPECT_EQ(retention->report().bytes, fs::file_size(dir() / clip));
  const auto salvaged = test::load(dir() / clip);
  EXPECT_EQ(salvaged.size(), 60u);
  for (std::size_t i = 0; i < salvaged.size(); ++i) {
    EXPECT_EQ(test::pictures_of(salvaged[i]), test::pictures_of(source[i]));
  }
}

TEST_F(RetentionTest, AFolderThatCannotBeUsedSaysSo) {
  test::write_file(scratch_ / "file", {});
  for (const fs::path& path : {scratch_ / "file", scratch_ / "file/below", fs::path("/proc/recordings")}) {
    const auto retention = Retention::open({.dir = path});
    ASSERT_FALSE(retention) << path;
    EXPECT_NE(retention.error().line().find(path), std::string::npos) << retention.error().line();
  }
}

TEST_F(RetentionTest, ManyCamerasAtOnceKeepTheBound) {
  constexpr std::uint64_t limit = 50'000;
  const auto retention = open({.max_bytes = limit});
  // Keeps the folder where it is: this test is not about making it again.
  for (int camera = 0; camera < 4; ++camera) put("camera" + std::to_string(camera) + "/2024-05-01/keep.txt", 0);
  std::vector<std::jthread> cameras;
  for (int camera = 0; camera < 4; ++camera) {
    cameras.emplace_back([&, camera] {
      for (int i = 0; i < 200; ++i) {
        if (!retention->room_for(1000)) continue;
        retention->added(segment(i, 1000, "camera" + std::to_string(camera)), 1000);
      }
    });
  }
  cameras.clear();
  std::uint64_t bytes = 0, files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(dir())) {
    if (!entry.is_regular_file() || entry.path().extension() != ".mp4") continue;
    bytes += entry.file_size();
    ++files;
  }
  EXPECT_EQ(bytes, retention->report().bytes);
  EXPECT_EQ(files, retention->report().files);
  EXPECT_LE(bytes, limit);
  EXPECT_EQ(retention->report().files + retention->report().deleted_files, 800u);
}

}  // namespace
}  // namespace weir::media
