#include "weir/media/stream_bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "weir/media/av.hpp"
#include "weir/media/source.hpp"
#include "weir/media/stream_info.hpp"
#include "weir/media/test_clips.hpp"

namespace weir::media {
namespace {

StreamInfo stream(AVCodecID id, std::size_t extradata_bytes = 0) {
  Av<AVCodecParameters> p(avcodec_parameters_alloc());
  p->codec_type = AVMEDIA_TYPE_VIDEO;
  p->codec_id = id;
  p->width = 320, p->height = 240;
  if (extradata_bytes > 0) {
    p->extradata = static_cast<std::uint8_t*>(av_mallocz(extradata_bytes + AV_INPUT_BUFFER_PADDING_SIZE));
    p->extradata_size = static_cast<int>(extradata_bytes);
  }
  const auto info = describe_stream(*p, 25, 3);
  EXPECT_TRUE(info);
  return *info;
}

void expect_same(const StreamInfo& a, const StreamInfo& b) {
  EXPECT_EQ(a.codec, b.codec);
  EXPECT_EQ(a.webcodecs, b.webcodecs);
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  EXPECT_EQ(a.fps, b.fps);
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.units.codec(), b.units.codec());
  EXPECT_EQ(a.units.length_size(), b.units.length_size());
  EXPECT_TRUE(std::ranges::equal(a.units.parameter_sets(), b.units.parameter_sets()));
  const AVCodecParameters &p = *a.parameters, &q = *b.parameters;
  EXPECT_EQ(p.codec_type, q.codec_type);
  EXPECT_EQ(p.codec_id, q.codec_id);
  EXPECT_EQ(p.codec_tag, q.codec_tag);
  EXPECT_EQ(p.format, q.format);
  EXPECT_EQ(p.bit_rate, q.bit_rate);
  EXPECT_EQ(p.bits_per_coded_sample, q.bits_per_coded_sample);
  EXPECT_EQ(p.bits_per_raw_sample, q.bits_per_raw_sample);
  EXPECT_EQ(p.profile, q.profile);
  EXPECT_EQ(p.level, q.level);
  EXPECT_EQ(p.width, q.width);
  EXPECT_EQ(p.height, q.height);
  EXPECT_EQ(p.sample_aspect_ratio.num, q.sample_aspect_ratio.num);
  EXPECT_EQ(p.sample_aspect_ratio.den, q.sample_aspect_ratio.den);
  EXPECT_EQ(p.field_order, q.field_order);
  EXPECT_EQ(p.color_range, q.color_range);
  EXPECT_EQ(p.color_primaries, q.color_primaries);
  EXPECT_EQ(p.color_trc, q.color_trc);
  EXPECT_EQ(p.color_space, q.color_space);
  EXPECT_EQ(p.chroma_location, q.chroma_location);
  EXPECT_EQ(p.video_delay, q.video_delay);
  ASSERT_EQ(p.extradata_size, q.extradata_size);
  if (p.extradata_size > 0) {
    EXPECT_EQ(std::memcmp(p.extradata, q.extradata, static_cast<std::size_t>(p.extradata_size)), 0);
  }
}

TEST(StreamBytes, EverythingThatDecodersAndBrowsersNeedComesThrough) {
  const test::Scratch scratch;
  test::ClipOptions h264, hevc, vp9, mpeg4, mjpeg;
  h264.b_frames = 3;
  hevc.encoder = "libx265";
  hevc.encoder_options = {{"x265-params", "log-level=none:pools=1:frame-threads=1"}, {"preset", "ultrafast"}};
  vp9.encoder = "libvpx-vp9";
  vp9.encoder_options = {{"deadline", "realtime"}, {"cpu-used", "8"}};
  mpeg4.encoder = "mpeg4";
  mjpeg.encoder = "mjpeg", mjpeg.pixel_format = "yuvj420p";
  for (const auto& [file, clip] : {std::pair{"a.mp4", h264},
                                   {"b.h264", h264},
                                   {"c.mp4", hevc},
                                   {"d.webm", vp9},
                                   {"e.avi", mpeg4},
                                   {"f.avi", mjpeg}}) {
    SCOPED_TRACE(file);
    auto options = clip;
    options.frames = 8;
    const auto source = open_source(test::make_clip(scratch / file, options).string(), {});
    ASSERT_TRUE(source);
    const auto bytes = write_stream((*source)->info());
    ASSERT_TRUE(bytes);
    const auto parsed = parse_stream(*bytes);
    ASSERT_TRUE(parsed);
    expect_same((*source)->info(), *parsed);
  }
}

TEST(StreamBytes, ParameterSetsThatCameInBandAndTheSizeTheySayComeThrough) {
  StreamInfo info = stream(AV_CODEC_ID_H264);
  const std::array<std::byte, 15> unit{std::byte{0}, std::byte{0},  std::byte{1},    std::byte{0x67}, std::byte{0x64},
                                       std::byte{0}, std::byte{40}, std::byte{7},    std::byte{0},    std::byte{0},
                                       std::byte{0}, std::byte{1},  std::byte{0x68}, std::byte{0xee}, std::byte{9}};
  info.units.adopt_parameter_sets(unit);
  info.width = 640, info.height = 480;
  refresh(info);
  ASSERT_EQ(info.webcodecs, "avc1.640028");
  const auto parsed = parse_stream(*write_stream(info));
  ASSERT_TRUE(parsed);
  expect_same(info, *parsed);
}

TEST(StreamBytes, WhatContainersGuessWrongIsLeftOutAndNoError) {
  StreamInfo info = stream(AV_CODEC_ID_MJPEG);
  auto* p = const_cast<AVCodecParameters*>(info.parameters.get());
  p->bit_rate = -5, p->video_delay = 1000, p->sample_aspect_ratio = {-1, 2};
  info.fps = std::nan("");
  const auto bytes = write_stream(info);
  ASSERT_TRUE(bytes);
  const auto parsed = parse_stream(*bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->fps, 0);
  EXPECT_EQ(parsed->parameters->video_delay, 0);
}

TEST(StreamBytes, MoreExtradataThanTheBoundIsRefusedWithTheFigure) {
  const auto most = write_stream(stream(AV_CODEC_ID_THEORA, max_stream_bytes - 120));
  ASSERT_TRUE(most);
  EXPECT_EQ(most->size(), max_stream_bytes);
  EXPECT_TRUE(parse_stream(*most));
  const auto more = write_stream(stream(AV_CODEC_ID_THEORA, max_stream_bytes - 119));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Code::unsupported);
  EXPECT_NE(more.error().line().find(std::to_string(max_stream_bytes - 119)), std::string::npos);
}

TEST(StreamBytes, ASizeThatNoPictureHasIsRefusedOnBothEnds) {
  StreamInfo info = stream(AV_CODEC_ID_VP8);
  const auto good = write_stream(info);
  info.width = 1 << 21;
  EXPECT_FALSE(write_stream(info));
  info.width = -1;
  EXPECT_FALSE(write_stream(info));
  auto bytes = *good;
  const std::int32_t wide = 1 << 21;
  std::memcpy(bytes.data() + 44, &wide, sizeof wide);
  EXPECT_FALSE(parse_stream(bytes));
}

TEST(StreamBytes, BytesOfAnyKindAreRefusedOrAreAStreamWithinBounds) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto good = write_stream(stream(AV_CODEC_ID_H264));
  ASSERT_TRUE(good);
  EXPECT_FALSE(parse_stream({}));
  std::size_t taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = *good;
    for (unsigned changes = 1 + random() % 3; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    }
    if (random() % 8 == 0) bytes.resize(random() % (2 * bytes.size()));
    const auto parsed = parse_stream(bytes);
    if (!parsed) continue;
    ++taken;
    ASSERT_GE(parsed->width, 0);
    ASSERT_LE(parsed->width, 1 << 20);
    ASSERT_EQ(parsed->parameters->codec_type, AVMEDIA_TYPE_VIDEO);
    ASSERT_NE(avcodec_descriptor_get(parsed->parameters->codec_id), nullptr);
    ASSERT_LE(static_cast<std::size_t>(parsed->parameters->extradata_size), bytes.size());
    // What was taken can be sent on.
    ASSERT_TRUE(write_stream(*parsed));
  }
  EXPECT_GT(taken, 100u);
}

}  // namespace
}  // namespace weir::media
