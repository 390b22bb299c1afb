#include "weir/media/mux/recording_file.hpp"

#include <gtest/gtest.h>

#include "weir/media/mux/test_stream.hpp"

namespace weir::media {
namespace {

TEST(RecordingFile, ItsRoomIsInTheFileOrBackWhicheverWayItEnds) {
  constexpr std::uint64_t mib = std::uint64_t{1} << 20;
  const test::Scratch scratch;
  const auto source = test::load(test::make_clip(scratch / "source.ts", {}));
  auto opened = Retention::open({.dir = scratch / "recordings", .max_bytes = 3 * mib});
  ASSERT_TRUE(opened) << opened.error().line();
  Retention& retention = **opened;
  const auto open = [&](const std::string& name) {
    return RecordingFile::open(
        RecordingKind::clip, [&](unsigned copy) { return clip_path("front", name, copy); }, *source[0].info, retention);
  };
  auto a = open("a"), b = open("a"), c = open("c"), d = open("d");
  ASSERT_TRUE(a && b && c);
  EXPECT_EQ(retention.report().open_bytes, 3 * mib);
  ASSERT_FALSE(d);
  EXPECT_TRUE(is_no_room(d.error())) << d.error().line();
  for (const MuxPacket& packet : source) ASSERT_TRUE((*a)->write(packet) && (*b)->write(packet));
  const auto recorded = (*a)->close();
  ASSERT_TRUE(recorded) << recorded.error().line();
  EXPECT_EQ(recorded->path, "front/clips/a.mp4");
  EXPECT_EQ(recorded->packets, source.size());
  (*a).reset();
  EXPECT_EQ(retention.report().open_bytes, 2 * mib) << "that of the others is still theirs";
  EXPECT_EQ(retention.report().bytes, recorded->bytes);
  EXPECT_EQ((*b)->close()->path, "front/clips/a-2.mp4");
  (*b).reset();
  EXPECT_FALSE((*c)->close()) << "nothing is in it";
  (*c).reset();
  EXPECT_EQ(retention.report().open_bytes, 0u);
  EXPECT_EQ(retention.report().files, 2u);
}

}  // namespace
}  // namespace weir::media
