#include "weir/media/source.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "weir/media/test_clips.hpp"

namespace weir::media {
namespace {

using test::ClipOptions;
using test::make_clip;
using test::Scratch;

SourceOptions fast() {
  SourceOptions o;
  o.fast = true;
  return o;
}

Error error_of(const std::string& address, SourceOptions options = fast()) {
  auto source = open_source(address, options);
  EXPECT_FALSE(source) << address;
  return source ? Error{} : source.error();
}

TEST(Source, WhatCannotBeOpenedSaysWhyInOneLine) {
  const Scratch scratch;
  test::write_file(scratch / "empty.mp4", {});
  std::vector<std::byte> noise(5000);
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<std::byte>((i * i * 31 + i * 7) >> 3 | 0x80);
  test::write_file(scratch / "noise.mp4", noise);
  const std::string text = "This is a letter and no video at all.\n";
  std::vector<std::byte> letter;
  for (int i = 0; i < 200; ++i)
    for (char c : text) letter.push_back(static_cast<std::byte>(c));
  test::write_file(scratch / "letter.txt", letter);
  EXPECT_EQ(error_of(scratch / "nothing.mp4").code, Code::not_found);
  EXPECT_EQ(error_of(scratch / "").code, Code::invalid);
  EXPECT_EQ(error_of(scratch / "empty.mp4").code, Code::corrupt);
  const Error no_format = error_of(scratch / "noise.mp4");
  EXPECT_EQ(no_format.code, Code::corrupt) << no_format.line();
  const Error not_video = error_of(scratch / "letter.txt");
  EXPECT_TRUE(not_video.code == Code::invalid || not_video.code == Code::corrupt) << not_video.line();
  EXPECT_EQ(error_of("/dev/null").code, Code::invalid);
  EXPECT_EQ(error_of("").code, Code::invalid);
  EXPECT_EQ(error_of("gopher://host/x").code, Code::invalid);
  EXPECT_EQ(error_of("v4l2:/dev/video-that-is-not-there").code, Code::not_found);
  EXPECT_EQ(error_of("v4l2:" + (scratch / "letter.txt").string()).code, Code::invalid);
  ASSERT_EQ(::mkfifo((scratch / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(error_of(scratch / "fifo").code, Code::invalid);
}

TEST(Source, AFileWithoutVideoIsRefused) {
  const Scratch scratch;
  // A WAV header with a second of silence.
  std::vector<std::byte> wav(44 + 16000, std::byte{0});
  const char header[] =
      "RIFF\xa4\x3e\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0"
      "data\x80\x3e\0\0";
  for (std::size_t i = 0; i < 44; ++i) wav[i] = static_cast<std::byte>(header[i]);
  test::write_file(scratch / "sound.wav", wav);
  const Error e = error_of(scratch / "sound.wav");
  EXPECT_EQ(e.code, Code::invalid);
  EXPECT_NE(e.line().find("no video"), std::string::npos) << e.line();
}

TEST(Source, AFileThatNamesOtherFilesIsRefusedAndSaysSo) {
  const Scratch scratch;
  const std::string clip = make_clip(scratch / "clip.ts", {}).string();
  make_clip(scratch / "clip.mp4", {});
  const auto refused = [&](const char* name, const std::string& text) {
    std::vector<std::byte> bytes;
    for (char c : text) bytes.push_back(static_cast<std::byte>(c));
    test::write_file(scratch / name, bytes);
    const Error e = error_of(scratch / name);
    EXPECT_EQ(e.code, Code::invalid) << e.line();
    EXPECT_NE(e.line().find("list of other files"), std::string::npos) << e.line();
  };
  for (const std::string& other : {clip, std::string("clip.ts"), std::string("/etc/passwd")}) {
    refused("list.m3u8",
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.6,\n" + other + "\n#EXT-X-ENDLIST\n");
    refused("hidden.mp4",
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.6,\n" + other + "\n#EXT-X-ENDLIST\n");
    refused("list.ffconcat", "ffconcat version 1.0\nfile '" + other + "'\n");
  }
  refused("camera.sdp",
          "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n"
          "a=rtpmap:96 H264/90000\n");
}

TEST(Source, AFileIsOpenedOnceAndLoopsEvenWhenItIsGone) {
  const Scratch scratch;
  for (const char* name : {"a.mp4", "b.h264"}) {
    SCOPED_TRACE(name);
    ClipOptions c;
    c.frames = 20;
    SourceOptions o = fast();
    o.loop = true;
    const auto source = open_source(make_clip(scratch / name, c).string(), o);
    ASSERT_TRUE(source) << source.error().line();
    std::filesystem::remove(scratch / name);
    Packet p;
    for (int i = 0; i < 45; ++i) ASSERT_EQ((*source)->read(p, {}).value_or(Read::end), Read::packet) << i;
    EXPECT_EQ(p.epoch, 3u);
  }
}

TEST(Source, NamesThatLookLikeAddressesAreFilesAllTheSame) {
  const Scratch scratch;
  const auto clip = make_clip(scratch / "rtsp:odd name.mp4", {});
  const auto source = open_source(clip.string(), fast());
  ASSERT_TRUE(source) << source.error().line();
  EXPECT_TRUE(open_source("file://" + clip.string(), fast()));
}

TEST(Source, SecretsInAddressesAreInNoError) {
  for (const char* address : {"rtsp://admin:hunter2@127.0.0.1:1/stream", "rtsp://admin:hun/ter2@127.0.0.1:1/stream",
                              "rtsp://127.0.0.1:1/user=admin&password=hunter2&channel=1",
                              "rtsp://127.0.0.1:1/x?token=hunter2#a", "rtsps://admin:p%40hunter2@127.0.0.1:1/",
                              "http://admin:hunter2@127.0.0.1:1/x", "RTSP://a:hunter2@127.0.0.1:1/"}) {
    SourceOptions o;
    o.connect_timeout = std::chrono::seconds(5);
    const std::string shown = redacted(address);
    EXPECT_EQ(shown.find("hunter2"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("ter2"), std::string::npos) << shown;
    EXPECT_NE(shown.find("127.0.0.1:1"), std::string::npos) << shown;
    testing::internal::CaptureStderr();
    const Error e = error_of(address, o);
    const std::string printed = testing::internal::GetCapturedStderr();
    EXPECT_EQ(e.line().find("ter2"), std::string::npos) << e.line();
    EXPECT_EQ(printed.find("ter2"), std::string::npos) << printed;
  }
  EXPECT_EQ(redacted("street.mp4"), "street.mp4");
  EXPECT_EQ(redacted("rtsp://host/path?channel=1"), "rtsp://host/path?channel=1");
}

TEST(Source, ACameraThatRefusesIsUnreachable) {
  SourceOptions o;
  o.owner = "front";
  const Error e = error_of("rtsp://127.0.0.1:1/stream", o);
  EXPECT_EQ(e.code, Code::unreachable);
  EXPECT_EQ(e.owner, "front");
}

TEST(Source, GivesEveryPacketOnOneTimeLineFromZero) {
  const Scratch scratch;
  ClipOptions c;
  c.b_frames = 2;
  const auto source = open_source(make_clip(scratch / "a.mp4", c).string(), fast());
  ASSERT_TRUE(source);
  const StreamInfo& info = (*source)->info();
  EXPECT_EQ(info.codec, "h264");
  EXPECT_EQ(info.webcodecs.substr(0, 5), "avc1.");
  EXPECT_EQ(info.webcodecs.size(), 11u);
  EXPECT_EQ(info.width, 320);
  EXPECT_EQ(info.height, 240);
  EXPECT_NEAR(info.fps, 25, 0.01);
  EXPECT_EQ(info.units.length_size(), 4);
  Packet p;
  int packets = 0, keys = 0;
  std::int64_t last_dts = INT64_MIN, lowest = INT64_MAX;
  while ((*source)->read(p, {}).value_or(Read::end) == Read::packet) {
    EXPECT_GT(p.dts_us, last_dts);
    EXPECT_GE(p.pts_us, p.dts_us);
    EXPECT_EQ(p.epoch, 1u);
    EXPECT_GT(p.capture_us, 0);
    if (packets == 0) EXPECT_TRUE(p.key);
    last_dts = p.dts_us;
    lowest = std::min(lowest, p.pts_us);
    keys += p.key ? 1 : 0;
    ++packets;
    // What goes to browsers begins with the parameter sets at every key.
    const auto size = info.units.annexb_bytes(p.bytes, p.key);
    ASSERT_TRUE(size);
    std::vector<std::byte> out(*size);
    ASSERT_TRUE(info.units.write(p.bytes, p.key, out));
    if (p.key) EXPECT_EQ(static_cast<int>(out[4]) & 31, 7);
  }
  EXPECT_EQ(packets, 40);
  EXPECT_EQ(keys, 4);
  EXPECT_EQ(lowest, 0);
}

TEST(Source, LoopsGoOnInTimeAndBeginANewEpoch) {
  const Scratch scratch;
  for (const char* name : {"a.mp4", "b.h264", "c.ts", "d.avi", "e.mkv"}) {
    SCOPED_TRACE(name);
    ClipOptions c;
    c.frames = 20;
    if (std::string(name) == "d.avi") c.encoder = "mpeg4";
    SourceOptions o = fast();
    o.loop = true;
    const auto source = open_source(make_clip(scratch / name, c).string(), o);
    ASSERT_TRUE(source) << source.error().line();
    Packet p;
    std::int64_t last = -1;
    for (int i = 0; i < 65; ++i) {
      const Result<Read> got = (*source)->read(p, {});
      ASSERT_TRUE(got) << got.error().line();
      ASSERT_EQ(*got, Read::packet);
      EXPECT_EQ(p.epoch, 1u + static_cast<unsigned>(i) / 20) << i;
      EXPECT_EQ(p.restart, i > 0 && i % 20 == 0) << i;
      if (i % 20 == 0) EXPECT_TRUE(p.key);
      EXPECT_GT(p.pts_us, last) << i;
      EXPECT_NEAR(static_cast<double>(p.pts_us), i * 40'000.0, 45'000) << i;
      last = p.pts_us;
    }
    EXPECT_EQ((*source)->info().epoch, 4u);
  }
}

TEST(Source, ANewPictureSizeBeginsANewEpochWithItsOwnDescription) {
  const Scratch scratch;
  ClipOptions small, large;
  small.frames = large.frames = 15;
  large.width = 640, large.height = 352;
  auto bytes = test::read_file(make_clip(scratch / "s.h264", small));
  const auto more = test::read_file(make_clip(scratch / "l.h264", large));
  bytes.insert(bytes.end(), more.begin(), more.end());
  test::write_file(scratch / "both.h264", bytes);
  const auto source = open_source((scratch / "both.h264").string(), fast());
  ASSERT_TRUE(source);
  Packet p;
  for (int i = 0; (*source)->read(p, {}).value_or(Read::end) == Read::packet; ++i) {
    EXPECT_EQ(p.epoch, i < 15 ? 1u : 2u) << i;
    EXPECT_EQ((*source)->info().width, i < 15 ? 320 : 640) << i;
    EXPECT_FALSE(p.restart);
  }
  EXPECT_EQ((*source)->info().height, 352);
}

TEST(Source, FilesAreReadAtTheirOwnRateOnTheClock) {
  const Scratch scratch;
  VirtualClock clock;
  SourceOptions o;
  o.clock = &clock;
  const auto source = open_source(make_clip(scratch / "a.mp4", {}).string(), o);
  ASSERT_TRUE(source);
  std::atomic<int> packets{0};
  std::jthread reader([&](std::stop_token stop) {
    Packet p;
    while ((*source)->read(p, stop).value_or(Read::end) == Read::packet) packets.fetch_add(1);
  });
  const auto reached = [&](int n) {
    for (int i = 0; i < 20'000 && packets.load() < n; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return packets.load();
  };
  EXPECT_EQ(reached(1), 1);
  for (int second = 0; second < 4; ++second) {
    clock.advance(std::chrono::milliseconds(400));
    // 25 pictures a second: ten in 400 ms, and not one more however long one waits.
    EXPECT_EQ(reached(std::min(40, 11 + 10 * second)), std::min(40, 11 + 10 * second));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(packets.load(), std::min(40, 11 + 10 * second));
  }
}

TEST(Source, StoppingEndsAWaitAtOnce) {
  const Scratch scratch;
  VirtualClock clock;  // stands still: without the stop the reader would wait for ever
  SourceOptions o;
  o.clock = &clock;
  const auto source = open_source(make_clip(scratch / "a.mp4", {}).string(), o);
  ASSERT_TRUE(source);
  std::optional<Code> code;
  std::jthread reader([&](std::stop_token stop) {
    Packet p;
    for (;;) {
      const Result<Read> got = (*source)->read(p, stop);
      if (!got) code = got.error().code;
      if (!got || *got == Read::end) return;
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  reader.request_stop();
  reader.join();
  EXPECT_EQ(code, Code::cancelled);
}

}  // namespace
}  // namespace weir::media
