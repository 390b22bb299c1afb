#include "weir/media/worker/remote_decoder.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/data.hpp"
#include "weir/core/channel.hpp"
#include "weir/core/worker/testing/harness.hpp"
#include "weir/media/av.hpp"
#include "weir/media/stream_info.hpp"
#include "weir/media/test_clips.hpp"
#include "weir/media/test_pools.hpp"
#include "weir/media/worker/test_playing.hpp"

namespace weir::media {
namespace {

using namespace test;

class EveryFormat : public testing::TestWithParam<std::tuple<test::ClipFormat, int>> {};

TEST_P(EveryFormat, GivesTheSameFramesInAWorkerAsHere) {
  const auto& [format, threads] = GetParam();
  const Scratch scratch;
  const auto clip = make_clip(scratch / format.file, format.clip);
  const auto [here, there] = play_both(clip, {.threads = threads});
  ASSERT_FALSE(here.error) << here.error->line();
  ASSERT_FALSE(there.error) << there.error->line();
  EXPECT_EQ(there.report.frames, static_cast<std::uint64_t>(format.clip.frames));
  expect_same(here, there);
  expect_balanced();
}

INSTANTIATE_TEST_SUITE_P(RemoteDecoder, EveryFormat,
                         testing::Combine(testing::ValuesIn(test::clip_formats()), testing::Values(1, 3)),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param).name) + "With" +
                                  std::to_string(std::get<1>(tested.param)) + "Threads";
                         });

TEST(RemoteDecoder, ANewPictureSizeGetsANewPoolAndTheOldOnesAreLetGoOf) {
  const Scratch scratch;
  const auto clip = test::clip_that_changes_size(scratch);
  for (const int threads : {1, 3}) {
    const auto [here, there] = play_both(clip, {.threads = threads, .keep = 5});
    ASSERT_FALSE(there.error) << there.error->line();
    expect_same(here, there);
    EXPECT_EQ(there.report.formats, here.report.formats);
    EXPECT_GE(there.report.formats, 3u);
    // Only the newest is left, and the packets.
    EXPECT_LE(there.report.bytes, there.report.slots * there.report.slot_bytes + (std::size_t{256} << 10));
    expect_balanced();
  }
}

TEST(RemoteDecoder, AStreamThatDoesNotFitIsRefusedWithTheSameWordsAsHere) {
  const Scratch scratch;
  const auto clip = test::clip_that_changes_size(scratch);
  const auto [here, there] = play_both(clip, {.max_bytes = 3'600'000});
  ASSERT_TRUE(here.error);
  ASSERT_TRUE(there.error);
  EXPECT_EQ(there.error->code, Code::exhausted);
  EXPECT_STREQ(there.error->text, here.error->text);
  EXPECT_EQ(there.error->owner, here.error->owner);
  EXPECT_NE(there.error->line().find("slots of"), std::string::npos) << there.error->line();
  EXPECT_GT(there.report.frames, 0u);
  const auto [none_here, none_there] = play_both(clip, {.max_bytes = 10'000});
  ASSERT_TRUE(none_there.error);
  EXPECT_EQ(none_there.error->line(), none_here.error->line());
  expect_balanced();
}

TEST(RemoteDecoder, TheBoxHasNoDeviceAndSaysSo) {
  const Scratch scratch;
  SourceOptions source_options;
  source_options.fast = true;
  auto source = open_source(make_clip(scratch / "a.mp4", {}).string(), source_options);
  ASSERT_TRUE(source);
  DecoderOptions options;
  options.owner = "front";
  options.hwaccel = HwAccel::nvdec;
  const auto asked = RemoteDecoder::open((*source)->info(), options, {});
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, Code::unsupported);
  EXPECT_NE(asked.error().line().find("front: decode.hwaccel: no device"), std::string::npos) << asked.error().line();
  options.hwaccel = HwAccel::automatic;
  auto automatic = RemoteDecoder::open((*source)->info(), options, {});
  ASSERT_TRUE(automatic) << automatic.error().line();
  const HwChoice choice = (*automatic)->report().hwaccel;
  EXPECT_EQ(choice.asked, HwAccel::automatic);
  EXPECT_EQ(chosen_name(choice), "software");
  EXPECT_EQ(choice.why, "decoupled: the box has no device");
  EXPECT_TRUE((*automatic)->close(Clock::real(), soon()));
}

TEST(RemoteDecoder, PacketsLargerThanTheirPlaceGetALargerOne) {
  const Scratch scratch;
  ClipOptions o;
  o.encoder = "rawvideo";
  o.pixel_format = "bgr24";
  o.width = 640, o.height = 480, o.frames = 5;
  const auto [here, there] = play_both(make_clip(scratch / "a.avi", o));
  ASSERT_FALSE(there.error) << there.error->line();
  expect_same(here, there);
  EXPECT_EQ(there.report.frames, 5u);

  // Within the camera's bound, too: its frames fit, a packet does not any more.
  const auto tight = there.report.slots * there.report.slot_bytes + 900'000;
  const auto [fits, refused] = play_both(scratch / "a.avi", {.max_bytes = tight});
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->code, Code::exhausted);
  EXPECT_NE(refused.error->line().find("memory.camera_max"), std::string::npos) << refused.error->line();
  expect_balanced();
}

TEST(RemoteDecoder, DamagedPacketsAreCountedAsHere) {
  const Scratch scratch;
  ClipOptions o;
  o.frames = 60;
  auto bytes = test::read_file(make_clip(scratch / "a.ts", o));
  for (std::size_t i = bytes.size() / 3; i < bytes.size() / 3 + 6000 && i < bytes.size(); i += 7) {
    bytes[i] ^= std::byte{0x5a};
  }
  test::write_file(scratch / "bad.ts", bytes);
  const auto [here, there] = play_both(scratch / "bad.ts");
  ASSERT_FALSE(there.error) << there.error->line();
  EXPECT_GT(there.report.errors + there.report.damaged, 0u);
  expect_same(here, there);
  expect_balanced();
}

TEST(RemoteDecoder, ABufferThatTheCodecShowsTwiceIsTwoFrames) {
  const Scratch scratch;
  ClipOptions o;
  o.encoder = "qtrle";
  o.pixel_format = "rgb24";
  o.frames = 4;
  SourceOptions source_options;
  source_options.fast = true;
  auto source = open_source(make_clip(scratch / "a.mov", o).string(), source_options);
  ASSERT_TRUE(source);
  const PlayOptions play{.keep = 4};
  auto here = Decoder::open((*source)->info(), options_for("test/here", play));
  auto there = open_remote((*source)->info(), options_for("test/there", play));
  ASSERT_TRUE(here && there);
  Consumer seen_here(play.keep), seen_there(play.keep);
  Packet packet;
  ASSERT_EQ((*source)->read(packet, {}).value_or(Read::end), Read::packet);
  ASSERT_TRUE((*here)->decode(packet, seen_here));
  ASSERT_TRUE((*there)->decode(packet, seen_there));
  // QuickTime RLE: nothing has changed.
  const std::array<std::byte, 4> unchanged{};
  Av<AVPacket> native(av_packet_alloc());
  ASSERT_EQ(av_new_packet(native.get(), unchanged.size()), 0);
  std::memset(native->data, 0, unchanged.size());
  for (int i = 1; i < 12; ++i) {
    native->pts = native->dts = packet.pts_us = packet.dts_us = 40'000 * i;
    packet.bytes = unchanged;
    packet.native = native.get();
    packet.key = false;
    ASSERT_TRUE((*here)->decode(packet, seen_here));
    ASSERT_TRUE((*there)->decode(packet, seen_there));
  }
  ASSERT_EQ(seen_here.lines.size(), 12u);
  EXPECT_EQ(seen_here.lines, seen_there.lines);
  // It is a test of that only if the buffer is one and the same here.
  EXPECT_EQ(seen_here.kept[0].data[0], seen_here.kept[1].data[0]);
  EXPECT_NE(seen_there.kept[0].data[0], seen_there.kept[1].data[0]);
  EXPECT_EQ((*there)->report().lost, 0u);
  for (Consumer* consumer : {&seen_here, &seen_there}) consumer->kept.clear();
  EXPECT_TRUE((*here)->close(Clock::real(), soon()));
  EXPECT_TRUE((*there)->close(Clock::real(), soon()));
}

class RealVideo : public testing::TestWithParam<const char*> {};

TEST_P(RealVideo, GivesTheSameFramesInAWorkerAsHere) {
  const std::string name = std::string("video/") + GetParam();
  const auto file = weir::test::data(name);
  if (!file) GTEST_SKIP() << weir::test::no_data(name);
  const auto [here, there] = play_both(*file, {.keep = 3});
  ASSERT_FALSE(there.error) << there.error->line();
  EXPECT_GT(there.report.frames, 0u);
  expect_same(here, there);
  expect_balanced();
}

INSTANTIATE_TEST_SUITE_P(RemoteDecoder, RealVideo,
                         testing::Values("bottle-detection.mp4", "car-detection.mp4", "edgetam_08_driving.mp4",
                                         "edgetam_19_cyclist.mp4", "efficienttam_car.mp4",
                                         "one-by-one-person-detection.mp4", "bgslibrary_demo.avi",
                                         "bgslibrary_video.avi", "bgslibrary_video02.avi", "pysot_bag.avi",
                                         "from_gif/face-demographics-walking.mp4",
                                         "from_gif/person-bicycle-car-detection.mp4",
                                         "from_gif/worker-zone-detection.mp4"));

}  // namespace
}  // namespace weir::media
