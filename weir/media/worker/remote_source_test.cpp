#include "weir/media/worker/remote_source.hpp"

#include <sys/wait.h>
#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "tests/support/data.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/worker/process.hpp"
#include "weir/core/worker/sandbox.hpp"
#include "weir/media/av.hpp"
#include "weir/media/test_clips.hpp"
#include "weir/media/worker/test_patience.hpp"

namespace weir::media {
namespace {

using namespace std::chrono_literals;
using test::ClipOptions;
using test::make_clip;
using test::patient;
using test::Scratch;
using testing::HasSubstr;

constexpr int all = 100'000;

SourceOptions fast(std::string owner = "front") {
  SourceOptions o;
  o.owner = std::move(owner);
  o.fast = true;
  return o;
}

// What one packet is made of, capture time apart: that is the moment at which it was read.
struct Seen {
  std::vector<std::byte> bytes, palette, extradata;
  std::int64_t pts_us, dts_us, pts, dts, duration;
  std::uint32_t epoch;
  int flags, width, height;
  bool key, restart;
  std::string webcodecs;
  std::vector<std::byte> parameter_sets;
  bool operator==(const Seen&) const = default;
};

std::vector<std::byte> side_data(const AVPacket& packet, AVPacketSideDataType type) {
  std::size_t size = 0;
  const auto* data = reinterpret_cast<const std::byte*>(av_packet_get_side_data(&packet, type, &size));
  return data == nullptr ? std::vector<std::byte>() : std::vector<std::byte>(data, data + size);
}

Seen see(const Packet& p, const StreamInfo& info) {
  const auto sets = info.units.parameter_sets();
  return {{p.bytes.begin(), p.bytes.end()},
          side_data(*p.native, AV_PKT_DATA_PALETTE),
          side_data(*p.native, AV_PKT_DATA_NEW_EXTRADATA),
          p.pts_us,
          p.dts_us,
          p.native->pts,
          p.native->dts,
          p.native->duration,
          p.epoch,
          p.native->flags,
          info.width,
          info.height,
          p.key,
          p.restart,
          info.webcodecs,
          {sets.begin(), sets.end()}};
}

// A whole life of a source: its packets and how it ended.
struct Life {
  std::string codec, last;
  std::vector<Seen> packets;
};

Life live(Result<std::unique_ptr<Source>> source, int most = all) {
  Life life;
  if (!source) {
    life.last = "not opened: " + std::string(to_string(source.error().code)) + ", " + source.error().line();
    return life;
  }
  const StreamInfo& info = (*source)->info();
  life.codec = info.codec + " " + info.webcodecs + " " + std::to_string(info.width) + "x" +
               std::to_string(info.height) + " at " + std::to_string(info.fps);
  Packet packet;
  const std::int64_t before_us = wall_ns() / 1000 - 60'000'000;
  while (static_cast<int>(life.packets.size()) < most) {
    const Result<Read> read = (*source)->read(packet, {});
    if (!read) {
      life.last = std::string(to_string(read.error().code)) + ", " + read.error().line();
      return life;
    }
    if (*read == Read::end) {
      life.last = "end";
      // And so it stays.
      EXPECT_EQ((*source)->read(packet, {}).value_or(Read::packet), Read::end);
      return life;
    }
    EXPECT_GT(packet.capture_us, before_us);
    EXPECT_EQ(packet.bytes.data(), reinterpret_cast<const std::byte*>(packet.native->data));
    life.packets.push_back(see(packet, info));
  }
  life.last = "enough";
  return life;
}

void expect_same(const std::string& address, const SourceOptions& options, int most = all) {
  SCOPED_TRACE(address);
  const Life here = live(open_source(address, options), most);
  const Life there = live(open_remote_source(address, options, patient()), most);
  EXPECT_EQ(here.codec, there.codec);
  EXPECT_EQ(here.last, there.last);
  ASSERT_EQ(here.packets.size(), there.packets.size());
  for (std::size_t i = 0; i < here.packets.size(); ++i) ASSERT_TRUE(here.packets[i] == there.packets[i]) << i;
}

// Of every pool of packets: nothing is held, and what was leased came back.
void expect_balance() {
  for (const PoolReport& pool : Pool::report_all()) {
    EXPECT_EQ(pool.acquired, pool.released) << pool.id;
    EXPECT_EQ(pool.outstanding, 0u) << pool.id;
  }
}

std::uint64_t ends_of(const std::string& id, worker::Cause cause) {
  for (const worker::ProcessReport& report : worker::Process::report_all()) {
    if (report.id == id) return report.causes[static_cast<std::size_t>(cause)];
  }
  return 0;
}
pid_t pid_of(const std::string& id) {
  for (const worker::ProcessReport& report : worker::Process::report_all()) {
    if (report.id == id) return report.pid;
  }
  return 0;
}

TEST(RemoteSource, GivesTheSamePacketsAsWithoutAWorker) {
  const Scratch scratch;
  for (const auto& [name, encoder] : std::map<std::string, std::string>{{"a.mp4", "libx264"},
                                                                        {"b.h264", "libx264"},
                                                                        {"c.ts", "libx264"},
                                                                        {"d.avi", "mpeg4"},
                                                                        {"e.mkv", "libx264"},
                                                                        {"f.mov", "mjpeg"},
                                                                        {"g.mpg", "mpeg2video"},
                                                                        {"h.webm", "libvpx-vp9"},
                                                                        {"i.hevc", "libx265"},
                                                                        {"j.flv", "flv"},
                                                                        {"k.mkv", "libaom-av1"}}) {
#ifdef __SANITIZE_THREAD__
    // It hands its own memory from thread to thread in ways that the sanitizer cannot see.
    if (encoder == "libx265") continue;
#endif
    ClipOptions clip;
    clip.encoder = encoder;
    if (encoder == "libx265") {
      clip.encoder_options = {{"x265-params", "log-level=none:pools=1:frame-threads=1"}, {"preset", "ultrafast"}};
    }
    if (encoder == "libaom-av1") clip.encoder_options["cpu-used"] = "8";
    if (name == "f.mov") clip.pixel_format = "yuvj420p";
    if (name == "a.mp4") clip.b_frames = 2;
    const std::string path = make_clip(scratch / name, clip).string();
    expect_same(path, fast());
    SourceOptions looping = fast();
    looping.loop = true;
    looping.first_pts_us = 7'000'000;
    looping.first_epoch = 12;
    expect_same("file://" + path, looping, 105);
  }
  expect_balance();
}

TEST(RemoteSource, ANewPictureSizeComesWithItsPacket) {
  const Scratch scratch;
  ClipOptions small, large;
  small.frames = large.frames = 15;
  large.width = 640, large.height = 352;
  auto bytes = test::read_file(make_clip(scratch / "s.h264", small));
  const auto more = test::read_file(make_clip(scratch / "l.h264", large));
  bytes.insert(bytes.end(), more.begin(), more.end());
  test::write_file(scratch / "both.h264", bytes);
  expect_same(scratch / "both.h264", fast());
}

TEST(RemoteSource, PacketsLargerThanASlotGetLargerSlots) {
  const Scratch scratch;
  ClipOptions clip;
  clip.encoder = "rawvideo";
  clip.width = 640, clip.height = 480;
  clip.frames = 12;
  const std::string path = make_clip(scratch / "raw.avi", clip).string();
  expect_same(path, fast());
  expect_balance();

  RemoteSourceOptions narrow = patient();
  narrow.packet_max_bytes = 400'000;
  const Life life = live(open_remote_source(path, fast(), narrow));
  EXPECT_TRUE(life.packets.empty());
  EXPECT_THAT(life.last, HasSubstr("exhausted, front: a packet is larger than any may be"));
  expect_balance();
}

TEST(RemoteSource, WhatCannotBeReadSaysTheSameAsWithoutAWorker) {
  const Scratch scratch;
  test::write_file(scratch / "empty.mp4", {});
  std::vector<std::byte> noise(5000);
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<std::byte>((i * i * 31 + i * 7) >> 3 | 0x80);
  test::write_file(scratch / "noise.mp4", noise);
  for (const std::string& address :
       {std::string(), std::string("gopher://host/x"), (scratch / "nothing.mp4").string(), (scratch / "").string(),
        (scratch / "empty.mp4").string(), (scratch / "noise.mp4").string(), std::string("/dev/null"),
        std::string("v4l2:/dev/video-that-is-not-there"), std::string("demo:nowhere"),
        std::string("rtsp://admin:hunter2@127.0.0.1:1/stream"), std::string("rtsp://no-such-host.invalid/stream")}) {
    expect_same(address, fast());
    expect_same(address, fast(""));
  }
}

TEST(RemoteSource, AFileThatNamesOtherFilesIsRefusedAndSaysSo) {
  const Scratch scratch;
  const std::string clip = make_clip(scratch / "clip.ts", {}).string();
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(scratch / name) << text;
    return (scratch / name).string();
  };
  for (const std::string& other : {clip, std::string("clip.ts"), std::string("/etc/passwd")}) {
    const std::string list =
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.6,\n" + other + "\n#EXT-X-ENDLIST\n";
    for (const std::string& path : {write("list.m3u8", list), write("hidden.mp4", list),
                                    write("list.ffconcat", "ffconcat version 1.0\nfile '" + other + "'\n")}) {
      const auto source = open_remote_source(path, fast(), patient());
      ASSERT_FALSE(source);
      EXPECT_EQ(source.error().code, Code::invalid);
      EXPECT_THAT(source.error().line(), HasSubstr("list of other files"));
      expect_same(path, fast());
    }
  }
}

TEST(RemoteSource, DemoScenesAreDrawnHere) {
  expect_same("demo:street?frames=5&size=320x180", fast());
  EXPECT_EQ(open_remote_source("demo:street?frames=5", fast("no worker"), patient()).has_value(), true);
  EXPECT_EQ(pid_of("no worker/connect"), 0);
}

TEST(RemoteSource, FilesArePacedAndStoppingEndsAWaitAtOnce) {
  const Scratch scratch;
  ClipOptions clip;
  clip.fps = 1;  // one picture, and then for a second nothing
  clip.frames = 30;
  SourceOptions options = fast();
  options.fast = false;
  RemoteSourceOptions remote = patient();
  remote.hang_after = 400ms;  // shorter than what lies between two pictures
  const auto source = open_remote_source(make_clip(scratch / "a.mp4", clip).string(), options, remote);
  ASSERT_TRUE(source) << source.error().line();
  Packet packet;
  const Instant begin = Clock::real().now();
  for (int i = 0; i < 3; ++i) {
    const Result<Read> read = (*source)->read(packet, {});
    ASSERT_TRUE(read) << read.error().line();
    EXPECT_EQ(packet.pts_us, i * 1'000'000);
  }
  EXPECT_GE(Clock::real().now() - begin, 1900ms);
  std::stop_source stop;
  std::jthread later([&stop] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  // Stopped in the middle of a second without a picture, or, on a very slow machine, a picture later.
  Result<Read> read = Read::packet;
  while (read) read = (*source)->read(packet, stop.get_token());
  EXPECT_EQ(read.error().code, Code::cancelled);
  EXPECT_EQ(read.error().line().find("worker"), std::string::npos) << read.error().line();
  // It goes on when somebody reads again.
  EXPECT_EQ((*source)->read(packet, {}).value_or(Read::end), Read::packet);
}

TEST(RemoteSource, AClockThatIsNotRealIsRefused) {
  const Scratch scratch;
  VirtualClock clock;
  SourceOptions options = fast();
  options.clock = &clock;
  const auto source = open_remote_source(make_clip(scratch / "a.mp4", {}).string(), options, patient());
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, Code::unsupported);
}

TEST(RemoteSource, AKilledWorkerIsAnErrorThatSaysSo) {
  const Scratch scratch;
  const std::string path = make_clip(scratch / "a.mp4", {}).string();
  SourceOptions options = fast("killed");
  options.loop = true;
  const auto source = open_remote_source(path, options, patient());
  ASSERT_TRUE(source) << source.error().line();
  Packet packet;
  ASSERT_EQ((*source)->read(packet, {}).value_or(Read::end), Read::packet);
  const std::vector<std::byte> kept(packet.bytes.begin(), packet.bytes.end());
  const pid_t pid = pid_of("killed/connect");
  ASSERT_GT(pid, 0);
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  // What is being looked at stays what it is.
  EXPECT_TRUE(std::equal(kept.begin(), kept.end(), packet.bytes.begin(), packet.bytes.end()));
  Result<Read> read = Read::packet;
  while (read) read = (*source)->read(packet, {});
  EXPECT_EQ(read.error().code, Code::closed);
  EXPECT_THAT(read.error().line(), HasSubstr("killed: the worker that reads it ended (ended by SIGKILL)"));
  EXPECT_EQ((*source)->read(packet, {}).error().code, Code::closed);
  EXPECT_EQ(ends_of("killed/connect", worker::Cause::crash), 1u);
}

TEST(RemoteSource, AStoppedWorkerIsNoticedWhereverItStops) {
  const Scratch scratch;
  const std::string path = make_clip(scratch / "a.mp4", {}).string();
  for (const bool is_fast : {true, false}) {
    SCOPED_TRACE(is_fast);
    SourceOptions options = fast(is_fast ? "stopped fast" : "stopped");
    options.fast = is_fast;
    options.loop = true;
    RemoteSourceOptions remote = patient();
    remote.hang_after = 1500ms;
    const auto source = open_remote_source(path, options, remote);
    ASSERT_TRUE(source) << source.error().line();
    Packet packet;
    ASSERT_EQ((*source)->read(packet, {}).value_or(Read::end), Read::packet);
    ASSERT_EQ(::kill(pid_of(options.owner + "/connect"), SIGSTOP), 0);
    Result<Read> read = Read::packet;
    while (read) read = (*source)->read(packet, {});
    EXPECT_EQ(read.error().code, Code::closed);
    EXPECT_EQ(ends_of(options.owner + "/connect", worker::Cause::hang), 1u) << read.error().line();
  }
  expect_balance();
}

TEST(RemoteSource, AReaderThatTakesItsTimeIsNotTheWorkersHang) {
  const Scratch scratch;
  SourceOptions options = fast("slow reader");
  options.loop = true;
  RemoteSourceOptions remote = patient();
  remote.hang_after = 500ms;
  const auto source = open_remote_source(make_clip(scratch / "a.mp4", {}).string(), options, remote);
  ASSERT_TRUE(source) << source.error().line();
  Packet packet;
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(1200ms);
    const Result<Read> read = (*source)->read(packet, {});
    ASSERT_TRUE(read) << read.error().line();
    EXPECT_EQ(packet.pts_us, i * 40'000);  // nothing was lost meanwhile
  }
}

TEST(RemoteSource, AnEndedSourceLeavesNoProcessAndNothingLeased) {
  const Scratch scratch;
  const std::string path = make_clip(scratch / "a.mp4", {}).string();
  for (int i = 0; i < 3; ++i) {
    SourceOptions options = fast("ended");
    options.loop = true;
    const auto source = open_remote_source(path, options, patient());
    ASSERT_TRUE(source) << source.error().line();
    Packet packet;
    for (int k = 0; k <= i; ++k) ASSERT_TRUE((*source)->read(packet, {}));
  }
  EXPECT_EQ(pid_of("ended/connect"), 0);
  EXPECT_EQ(ends_of("ended/connect", worker::Cause::asked), 3u);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  expect_balance();
}

TEST(RemoteSource, AWorkerThatIsNotThereIsAnErrorAboutTheCamera) {
  const Scratch scratch;
  RemoteSourceOptions remote = patient();
  remote.executable = scratch / "no-such-worker";
  const auto source = open_remote_source(make_clip(scratch / "a.mp4", {}).string(), fast(), remote);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, Code::not_found);
  EXPECT_EQ(source.error().owner, "front");
}

#ifdef WEIR_TEST_HOOKS
TEST(RemoteSource, AConnectorThatDoesNotDoWhatItShouldIsEndedAndNamed) {
  using worker::Cause;
  struct Way {
    const char* owner;
    Code code;
    Cause cause;
    const char* text;
  };
  std::vector<Way> ways{
      {"one slot twice", Code::closed, Cause::protocol, "a slot"},
      {"a slot of its own making", Code::closed, Cause::protocol, "a slot that does not exist"},
      {"a packet that is too long", Code::closed, Cause::protocol, "does not lie in its slot"},
      {"alive and nothing else", Code::closed, Cause::protocol, "says that it is alive"},
      {"larger than it needs", Code::closed, Cause::protocol, "wants larger slots than it needs"},
      {"larger than anything", Code::exhausted, Cause::asked, "larger than any may be"},
      {"nothing", Code::closed, Cause::hang, "said nothing"},
      {"a crash", Code::closed, Cause::crash, "SIGABRT"},
  };
  if (worker::sandbox_available()) {
    ways.push_back({"other files", Code::closed, Cause::sandbox, "/etc/passwd"});
    ways.push_back({"all memory", Code::closed, Cause::memory, "MiB"});
  }
  const Scratch scratch;
  const std::string path = make_clip(scratch / "a.mp4", {}).string();
  for (const Way& way : ways) {
    SCOPED_TRACE(way.owner);
    RemoteSourceOptions remote = patient();
    remote.executable = worker::worker_executable("lying_connector");
    remote.memory_max_bytes = std::size_t{256} << 20;
    if (way.cause == Cause::hang) remote.hang_after = 1s;
    SourceOptions options = fast(way.owner);
    // Whether it is paced makes no difference to any of them but this: then it may say that it is alive.
    options.fast = std::string(way.owner) != "alive and nothing else";
    const std::string last = live(open_remote_source(path, options, remote)).last;
    EXPECT_THAT(last, HasSubstr(std::string(to_string(way.code)) + ", " + way.owner));
    EXPECT_THAT(last, HasSubstr(way.text));
    EXPECT_EQ(ends_of(std::string(way.owner) + "/connect", way.cause), 1u) << last;
  }
  expect_balance();
}
#endif

TEST(RemoteSource, EveryRealFileGivesTheSameAsWithoutAWorker) {
  bool any = false;
  for (const char* folder : {"video", "bad"}) {
    const auto path = weir::test::data(folder);
    if (!path) {
      std::printf("%s\n", weir::test::no_data(folder).c_str());
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(*path)) {
      if (!entry.is_regular_file()) continue;
      any = true;
      expect_same(entry.path().string(), fast(), 400);
    }
  }
  if (!any) GTEST_SKIP() << weir::test::no_data("video");
}

}  // namespace
}  // namespace weir::media
