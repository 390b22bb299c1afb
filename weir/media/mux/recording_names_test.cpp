#include "weir/media/mux/recording_names.hpp"

#include <gtest/gtest.h>

namespace weir::media {
namespace {

TEST(RecordingNames, ASegmentIsNamedByItsTimeAndReadBack) {
  const std::int64_t wall_us = 1'714'570'620'123'999;  // 2024-05-01 13:37:00.123999 UTC
  EXPECT_EQ(segment_path("front", wall_us, 1), "front/2024-05-01/13-37-00.123.mp4");
  EXPECT_EQ(segment_path("front", wall_us, 2), "front/2024-05-01/13-37-00.123-2.mp4");
  EXPECT_EQ(segment_path("front", 0, 1), "front/1970-01-01/00-00-00.000.mp4");
  EXPECT_EQ(segment_path("front", -1, 1), "front/1969-12-31/23-59-59.999.mp4");
  for (const unsigned copy : {1u, 2u, 17u}) {
    const std::string path = segment_path("front", wall_us, copy);
    const auto name = read_recording_name(path);
    ASSERT_TRUE(name) << path;
    EXPECT_EQ(name->kind, RecordingKind::segment);
    EXPECT_EQ(name->start_ms, wall_us / 1000);
    EXPECT_EQ(name->copy, copy);
    EXPECT_EQ(name->camera, "front");
    EXPECT_EQ(name->path(), path);
    EXPECT_FALSE(name->part);
    EXPECT_TRUE(read_recording_name(path + ".part")->part);
  }
}

TEST(RecordingNames, ClipsAndSnapshots) {
  EXPECT_EQ(clip_path("front", "person 7", 1), "front/clips/person 7.mp4");
  EXPECT_EQ(clip_path("front", "person 7", 3), "front/clips/person 7-3.mp4");
  EXPECT_EQ(read_recording_name("front/clips/person 7-3.mp4")->kind, RecordingKind::clip);
  EXPECT_EQ(read_recording_name("front/snapshots/person 7.jpg")->kind, RecordingKind::snapshot);
  EXPECT_TRUE(read_recording_name("front/snapshots/x.jpg.part")->part);
}

TEST(RecordingNames, WhatIsNotNamedSoIsNoneOfOurs) {
  for (const char* path : {"",
                           "front",
                           "front/clips",
                           "front/clips/",
                           "front/clips/.mp4",
                           "front/clips/a.mkv",
                           "front/clips/a.mp4.old",
                           "front/clips/.a.mp4",
                           "front/clips/a/b.mp4",
                           "front/snapshots/a.mp4",
                           "front/snapshots/a.png",
                           "front/other/a.mp4",
                           "../clips/a.mp4",
                           "/clips/a.mp4",
                           "front/../a.mp4",
                           "a/front/clips/a.mp4",
                           "front/2024-05-01/a.mp4",
                           "front/2024-05-01/13-37-00.mp4",
                           "front/2024-05-01/13-37-00.123.mkv",
                           "front/2024-5-1/13-37-00.123.mp4",
                           "front/2024-02-30/13-37-00.123.mp4",
                           "front/2024-05-01/24-00-00.000.mp4",
                           "front/2024-05-01/13-37-00.123-.mp4",
                           "front/2024-05-01/13-37-00.123-1.mp4",
                           "front/2024-05-01/13-37-00.123-x.mp4",
                           "front/2024-05-01/13-37-00.123-70000.mp4",
                           "front/2024-05-01/13-37-00.1234.mp4",
                           "front/2024-05-01 /13-37-00.123.mp4",
                           ".hidden/clips/a.mp4"}) {
    EXPECT_FALSE(read_recording_name(path)) << path;
  }
}

TEST(RecordingNames, ANameIsOneComponentAndNothingElse) {
  for (const char* name : {"front", "Einfahrt_2", "tür", "a b", "a.b", "-"}) EXPECT_TRUE(is_safe_name(name)) << name;
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string(".a"), std::string("a/b"), std::string("a\nb"),
        std::string("a\0b", 3), std::string(129, 'a')}) {
    EXPECT_FALSE(is_safe_name(name)) << name;
  }
}

}  // namespace
}  // namespace weir::media
