#include "weir/media/mux/recorder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "tests/support/process.hpp"
#include "weir/core/pool.hpp"
#include "weir/media/mux/test_stream.hpp"

namespace weir::media {
namespace {

namespace fs = std::filesystem;
using test::ClipOptions;
using test::load;
using test::make_clip;
using test::pictures_of;
using test::Scratch;

constexpr std::int64_t first_wall_us = 1'714'570'620'000'000;  // 2024-05-01 13:37 UTC
constexpr std::size_t full = static_cast<std::size_t>(Drop::full), keyframe = static_cast<std::size_t>(Drop::keyframe);

class RecorderTest : public testing::Test {
 protected:
  void SetUp() override { open_retention({}); }

  void open_retention(Retention::Options options) {
    retention_.reset();
    options.dir = dir();
    options.free_bytes = [this](const fs::path&) { return free_bytes_.load(); };
    auto retention = Retention::open(std::move(options));
    ASSERT_TRUE(retention) << retention.error().line();
    retention_ = std::move(*retention);
  }

  std::unique_ptr<Recorder> make(RecorderOptions options) {
    options.owner = "front";
    options.on_file = [this](const Recorded& file) {
      std::lock_guard lock(mutex_);
      files_.push_back(file);
    };
    auto recorder = Recorder::make(std::move(options), *retention_);
    EXPECT_TRUE(recorder) << recorder.error().line();
    return recorder ? std::move(*recorder) : nullptr;
  }

  // Gives the packets [from, to) of a file to the recorder, received in the rhythm of their times.
  static void feed(Recorder& recorder, const fs::path& path, std::size_t from = 0, std::size_t to = SIZE_MAX) {
    std::size_t number = 0;
    test::read_all(path, [&](const Packet& packet, const StreamInfo& info) {
      const std::size_t at = number++;
      if (at < from || at >= to) return;
      Packet given = packet;
      given.capture_us = first_wall_us + packet.dts_us;
      recorder.packet(given, info);
    });
  }

  fs::path clip(int frames, int gop, const std::string& file = "source.mp4", int b_frames = 0) const {
    ClipOptions o;
    o.frames = frames;
    o.gop = gop;
    o.b_frames = b_frames;
    // Keys nowhere else.
    o.encoder_options = {{"sc_threshold", "0"}};
    return make_clip(scratch_ / file, o);
  }

  std::vector<Recorded> files(RecordingKind kind) const {
    std::lock_guard lock(mutex_);
    std::vector<Recorded> found;
    for (const Recorded& file : files_) {
      if (file.kind == kind) found.push_back(file);
    }
    return found;
  }

  std::vector<MuxPacket> read(const Recorded& file) const {
    auto packets = load(dir() / file.path);
    EXPECT_EQ(packets.size(), file.packets);
    EXPECT_EQ(fs::file_size(dir() / file.path), file.bytes);
    if (!packets.empty()) EXPECT_TRUE(packets[0].key);
    return packets;
  }

  // The files' packets, one after the other, are these packets of the source.
  void expect_packets(const std::vector<Recorded>& files, const std::vector<MuxPacket>& source, std::size_t from,
                      std::size_t to) const {
    std::size_t at = from;
    for (const Recorded& file : files) {
      SCOPED_TRACE(file.path.string());
      EXPECT_EQ(file.start_pts_us, source.at(at).pts_us);
      for (const MuxPacket& packet : read(file)) {
        ASSERT_LT(at, to);
        ASSERT_EQ(pictures_of(packet), pictures_of(source[at])) << "packet " << at;
        ++at;
      }
    }
    EXPECT_EQ(at, to);
  }

  // Until the recorder's thread has come so far; a hang ends with the test's own watchdog.
  template <class Condition>
  static void await(Condition&& condition) {
    const Instant end = Clock::real().now() + weir::test::patient;
    while (!condition()) {
      ASSERT_LT(Clock::real().now(), end) << "it never came to that";
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  fs::path dir() const { return scratch_ / "recordings"; }
  std::size_t count_files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(dir())) count += entry.is_regular_file() ? 1 : 0;
    return count;
  }

  Scratch scratch_;
  std::atomic<std::uint64_t> free_bytes_{UINT64_MAX};
  std::unique_ptr<Retention> retention_;
  mutable std::mutex mutex_;
  std::vector<Recorded> files_;
};

TEST_F(RecorderTest, SegmentsTogetherHaveEveryPacketOnce) {
  for (const auto& [file, b_frames] : {std::pair{"a.mp4", 0}, std::pair{"b.ts", 3}}) {
    SCOPED_TRACE(file);
    const fs::path path = clip(205, 20, file, b_frames);
    const auto source = load(path);
    files_.clear();
    const auto recorder = make({.continuous = true, .segment = std::chrono::milliseconds(1900)});
    feed(*recorder, path);
    recorder->close();
    const auto segments = files(RecordingKind::segment);
    // Keys are 0.8 s apart: a segment is three of those.
    ASSERT_EQ(segments.size(), 4u);
    expect_packets(segments, source, 0, source.size());
    const RecorderReport report = recorder->report();
    EXPECT_EQ(report.segments, 4u);
    EXPECT_EQ(report.packets, 205u);
    EXPECT_EQ(report.dropped, DropCounts{});
    EXPECT_EQ(report.errors, 0u) << report.last_error;
    EXPECT_EQ(retention_->report().open_bytes, 0u) << "all that was granted is in files or back";
  }
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(dir()))
    bytes += entry.is_regular_file() ? entry.file_size() : 0;
  EXPECT_EQ(retention_->report().bytes, bytes);
}

TEST_F(RecorderTest, SegmentsAreNamedByTheTimeTheirFirstPacketCame) {
  const fs::path path = clip(60, 25);
  {
    const auto recorder = make({.continuous = true, .segment = std::chrono::seconds(1)});
    feed(*recorder, path);
  }
  auto segments = files(RecordingKind::segment);
  ASSERT_EQ(segments.size(), 3u);
  const std::int64_t wall = segments[0].start_wall_us;
  EXPECT_EQ(segments[0].path, segment_path("front", wall, 1));
  EXPECT_EQ(segments[1].path, segment_path("front", wall + 1'000'000, 1));
  EXPECT_EQ(segments[1].start_wall_us - wall, 1'000'000);
  EXPECT_EQ(segments[1].end_wall_us - wall, 1'960'000);
  EXPECT_EQ(segments[1].end_pts_us, segments[1].start_pts_us + 960'000);
  // The same time once more, as when a clock is set back: nothing is overwritten.
  const auto before = test::read_file(dir() / segments[0].path);
  {
    const auto recorder = make({.continuous = true, .segment = std::chrono::seconds(1)});
    feed(*recorder, path);
  }
  segments = files(RecordingKind::segment);
  ASSERT_EQ(segments.size(), 6u);
  EXPECT_EQ(segments[3].path, segment_path("front", wall, 2));
  EXPECT_EQ(test::read_file(dir() / segments[0].path), before);
}

TEST_F(RecorderTest, AClipGoesFromTheKeyBeforeItsStartToItsEnd) {
  for (const auto& [file, b_frames] : {std::pair{"a.mp4", 0}, std::pair{"b.mp4", 2}}) {
    SCOPED_TRACE(file);
    const fs::path path = clip(250, 10, file, b_frames);
    const auto source = load(path);
    files_.clear();
    const auto recorder = make({.pre = std::chrono::seconds(1), .post = std::chrono::seconds(2)});
    feed(*recorder, path, 0, 100);
    const std::int64_t begin = source[99].pts_us, end = source[150].pts_us;
    const std::string name = std::string("person ") + file[0];
    recorder->clip_begin(name, begin);
    feed(*recorder, path, 100, 160);
    recorder->clip_end(name, end);
    feed(*recorder, path, 160);
    await([&] { return recorder->report().clips == 1; });
    const auto clips = files(RecordingKind::clip);
    ASSERT_EQ(clips.size(), 1u);
    EXPECT_EQ(clips[0].path, "front/clips/" + name + ".mp4");
    EXPECT_EQ(clips[0].name, name);
    // At most one group of pictures earlier than asked for, and to the very picture.
    EXPECT_LE(clips[0].start_pts_us, begin - 1'000'000);
    EXPECT_GT(clips[0].start_pts_us, begin - 1'000'000 - 400'000);
    EXPECT_GE(clips[0].end_pts_us, end + 2'000'000 - 40'000);
    EXPECT_LE(clips[0].end_pts_us, end + 2'000'000 + b_frames * 40'000 + 40'000);
    std::size_t first = 0;
    while (source[first].pts_us != clips[0].start_pts_us) ++first;
    expect_packets(clips, source, first, first + clips[0].packets);
    EXPECT_EQ(recorder->report().dropped, DropCounts{});
    EXPECT_TRUE(files(RecordingKind::segment).empty()) << "nobody asked for those";
  }
}

TEST_F(RecorderTest, EventsThatOverlapAreAClipEach) {
  const fs::path path = clip(200, 10);
  const auto source = load(path);
  const auto recorder =
      make({.continuous = true, .segment = std::chrono::seconds(2), .pre = Nanos{0}, .post = std::chrono::seconds(2)});
  feed(*recorder, path, 0, 80);
  recorder->clip_begin("a", source[50].pts_us);
  recorder->clip_begin("b", source[70].pts_us);
  recorder->clip_end("a", source[40].pts_us);
  recorder->clip_end("b", source[80].pts_us);
  feed(*recorder, path, 80);
  recorder->close();
  const auto clips = files(RecordingKind::clip);
  ASSERT_EQ(clips.size(), 2u);
  expect_packets({clips[0]}, source, 50, 90);
  expect_packets({clips[1]}, source, 70, 130);
  expect_packets(files(RecordingKind::segment), source, 0, source.size());
}

TEST_F(RecorderTest, MoreClipsAtOnceThanAllowedAreRefusedAndCounted) {
  const fs::path path = clip(50, 10);
  const auto recorder = make({});
  feed(*recorder, path, 0, 25);
  for (std::size_t i = 0; i < Recorder::max_open_clips + 3; ++i) recorder->clip_begin("c" + std::to_string(i), 0);
  await([&] { return recorder->report().open_clips == Recorder::max_open_clips; });
  EXPECT_EQ(recorder->report().state, RecorderState::recording);
  recorder->clip_begin("c0", 0);
  for (const char* bad : {"", "a/b", "..", ".hidden", "a\nb"}) recorder->clip_begin(bad, 0);
  recorder->clip_end("never begun", 0);
  feed(*recorder, path, 25);
  recorder->close();
  EXPECT_EQ(recorder->report().refused_clips, 3u + 1 + 5);
  EXPECT_EQ(files(RecordingKind::clip).size(), Recorder::max_open_clips);
  EXPECT_EQ(recorder->report().open_clips, 0u);
  EXPECT_EQ(count_files(), Recorder::max_open_clips);
  recorder->clip_begin("late", 0);
  EXPECT_EQ(recorder->report().refused_clips, 3u + 1 + 5 + 1);
}

TEST_F(RecorderTest, ANewFormatIsANewFileAndNothingIsLost) {
  const fs::path path = test::clip_that_changes_size(scratch_);
  const auto source = load(path);
  ASSERT_EQ(source.size(), 90u);
  const auto recorder = make({.continuous = true, .pre = Nanos{0}});
  recorder->clip_begin("event", 0);
  feed(*recorder, path);
  recorder->close();
  const auto segments = files(RecordingKind::segment), clips = files(RecordingKind::clip);
  ASSERT_EQ(segments.size(), 3u);
  expect_packets(segments, source, 0, source.size());
  ASSERT_EQ(clips.size(), 3u);
  expect_packets(clips, source, 0, source.size());
  EXPECT_EQ(clips[0].path, "front/clips/event.mp4");
  EXPECT_EQ(clips[1].path, "front/clips/event-2.mp4");
  EXPECT_EQ(clips[2].path, "front/clips/event-3.mp4");
  EXPECT_EQ(clips[2].name, "event");
  for (const auto& [at, width] : {std::pair{0, 320}, std::pair{1, 640}, std::pair{2, 320}}) {
    EXPECT_EQ(read(segments[static_cast<std::size_t>(at)])[0].info->width, width);
  }
}

TEST_F(RecorderTest, HevcAndForeignPlayers) {
  ClipOptions o;
  o.encoder = "libx265";
  o.frames = 60;
  o.encoder_options = {
      {"x265-params", "log-level=none:pools=1:frame-threads=1:bframes=3:keyint=15:min-keyint=15:open-gop=0"},
      {"preset", "ultrafast"}};
  const fs::path path = make_clip(scratch_ / "hevc.ts", o);
  const auto source = load(path);
  const auto recorder = make({.continuous = true, .segment = std::chrono::seconds(1)});
  feed(*recorder, path);
  recorder->close();
  expect_packets(files(RecordingKind::segment), source, 0, source.size());
  for (const Recorded& file : files(RecordingKind::segment)) {
    const auto probed =
        weir::test::run({.argv = {"ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames",
                                  "-of", "default=nw=1:nk=1", (dir() / file.path).string()}});
    ASSERT_TRUE(probed.ok()) << probed.line();
    EXPECT_EQ(probed.out, std::to_string(file.packets) + "\n");
  }
}

TEST_F(RecorderTest, PacketsBeforeTheFirstKeyAreDroppedAndCounted) {
  const fs::path path = clip(60, 20);
  const auto source = load(path);
  const auto recorder = make({.continuous = true});
  feed(*recorder, path, 5);
  recorder->close();
  EXPECT_EQ(recorder->report().dropped[keyframe], 15u);
  expect_packets(files(RecordingKind::segment), source, 20, 60);
}

// The disk fills up; later there is room again. Nothing of that needs anybody.
TEST_F(RecorderTest, WithoutRoomItStopsSaysSoAndGoesOnByItself) {
  open_retention({.min_free_bytes = 1'000'000});
  const fs::path path = clip(120, 20);
  const auto source = load(path);
  VirtualClock clock;
  free_bytes_ = 10;
  const auto recorder = make({.continuous = true, .clock = &clock});
  feed(*recorder, path, 0, 60);
  await([&] { return recorder->report().state == RecorderState::no_room; });
  EXPECT_EQ(count_files(), 0u);
  EXPECT_NE(recorder->report().last_error.find("no room"), std::string::npos) << recorder->report().last_error;
  const std::uint64_t tries = recorder->report().errors;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(recorder->report().errors, tries) << "it waits before it tries again";
  free_bytes_ = 100'000'000;
  clock.advance(std::chrono::seconds(2));
  await([&] { return recorder->report().state == RecorderState::recording; });
  feed(*recorder, path, 60);
  recorder->close();
  expect_packets(files(RecordingKind::segment), source, 0, 120);
  EXPECT_EQ(recorder->report().dropped, DropCounts{}) << "the ring had it all";
}

TEST_F(RecorderTest, ItTriesLessAndLessOftenButNeverGivesUp) {
  const fs::path path = clip(40, 20);
  VirtualClock clock;
  test::write_file(dir() / "front", {});  // a file where its folder should be
  const auto recorder = make({.continuous = true, .clock = &clock});
  feed(*recorder, path, 0, 20);
  std::uint64_t expected = 1;
  for (const int wait : {1, 2, 4, 8, 16, 30, 30, 30}) {
    await([&] {
      const RecorderReport report = recorder->report();
      return report.errors == expected && report.state == RecorderState::failing;
    });
    clock.advance(std::chrono::seconds(wait) - std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(recorder->report().errors, expected) << "before its time";
    clock.advance(std::chrono::milliseconds(1));
    ++expected;
  }
  await([&] { return recorder->report().errors == expected; });
  fs::remove(dir() / "front");
  clock.advance(std::chrono::seconds(30));
  await([&] { return recorder->report().state == RecorderState::recording; });
  feed(*recorder, path, 20);
  recorder->close();
  EXPECT_EQ(recorder->report().packets, 40u);
}

TEST_F(RecorderTest, AFullDiskInTheMiddleKeepsWhatIsWholeAndCountsTheRest) {
  const fs::path path = clip(300, 20);
  const auto source = load(path);
  VirtualClock clock;
  const auto recorder = make({.continuous = true, .clock = &clock});
  {
    const test::FileSizeLimit limit(fs::file_size(path) / 2);
    feed(*recorder, path, 0, 250);
    await([&] { return recorder->report().errors == 1; });
  }
  await([&] { return recorder->report().state == RecorderState::no_room && recorder->report().segments == 1; });
  clock.advance(std::chrono::seconds(1));
  feed(*recorder, path, 250);
  recorder->close();
  const auto segments = files(RecordingKind::segment);
  ASSERT_EQ(segments.size(), 2u);
  const RecorderReport report = recorder->report();
  expect_packets({segments[0]}, source, 0, segments[0].packets);
  expect_packets({segments[1]}, source, 300 - segments[1].packets, 300);
  EXPECT_GT(report.dropped[full], 0u);
  EXPECT_EQ(report.packets + report.dropped[full] + report.dropped[keyframe], 300u) << "each is in a file or counted";
}

TEST_F(RecorderTest, WhatIsTooOldGoesThoughNothingIsRecorded) {
  fs::create_directories(dir() / "back/clips");
  test::write_file(dir() / "back/clips/a.mp4", std::vector<std::byte>(10));
  std::atomic<std::int64_t> now_ns{wall_ns()};
  open_retention({.max_age = std::chrono::hours(1), .wall_ns = [&] { return now_ns.load(); }});
  VirtualClock clock;
  const auto recorder = make({.clock = &clock});
  EXPECT_EQ(count_files(), 1u);
  now_ns += Nanos(std::chrono::hours(2)).count();
  clock.advance(std::chrono::minutes(1));
  await([&] { return count_files() == 0; });
}

TEST_F(RecorderTest, WhatNeverFoundRoomIsCounted) {
  open_retention({.min_free_bytes = 1'000'000});
  const fs::path path = clip(100, 20);
  const auto source = load(path);
  VirtualClock clock;
  free_bytes_ = 10;
  const auto recorder = make({.pre = Nanos{0}, .post = Nanos{0}, .clock = &clock});
  recorder->clip_begin("event", 0);
  recorder->clip_end("event", source[50].pts_us);
  feed(*recorder, path);
  await([&] { return recorder->report().state == RecorderState::no_room; });
  clock.advance(std::chrono::seconds(5));
  await([&] { return recorder->report().state == RecorderState::idle; });
  EXPECT_EQ(recorder->report().dropped[full], 50u);
  EXPECT_EQ(count_files(), 0u);
}

// An event that nobody ends must not become a file without end.
TEST_F(RecorderTest, AClipOfManyMinutesGoesOnInFurtherFiles) {
  const fs::path path = clip(80, 10);
  const auto source = load(path);
  const auto recorder = make({.pre = Nanos{0}});
  test::read_all(path, [&](const Packet& packet, const StreamInfo& info) {
    Packet slow = packet;  // a picture every 30 s
    slow.pts_us *= 750;
    slow.dts_us *= 750;
    if (packet.dts_us == 0) recorder->clip_begin("event", 0);
    recorder->packet(slow, info);
  });
  recorder->close();
  const auto clips = files(RecordingKind::clip);
  ASSERT_EQ(clips.size(), 4u) << "keys are five minutes apart";
  EXPECT_EQ(clips[3].path, "front/clips/event-4.mp4");
  std::size_t at = 0;
  for (const Recorded& file : clips) {
    EXPECT_EQ(file.packets, 20u);
    for (const MuxPacket& packet : read(file)) EXPECT_EQ(pictures_of(packet), pictures_of(source.at(at++)));
  }
}

TEST_F(RecorderTest, ARingTooSmallForTheOutageCountsWhatItLost) {
  open_retention({.min_free_bytes = 1'000'000});
  const fs::path path = clip(300, 20);
  VirtualClock clock;
  free_bytes_ = 10;
  const auto recorder = make({.continuous = true, .ring_bytes = 64 << 10, .clock = &clock});
  feed(*recorder, path, 0, 280);
  await([&] { return recorder->report().state == RecorderState::no_room; });
  EXPECT_LE(recorder->report().ring_bytes, 64u << 10);
  free_bytes_ = UINT64_MAX;
  clock.advance(std::chrono::seconds(30));
  await([&] { return recorder->report().state == RecorderState::recording; });
  feed(*recorder, path, 280);
  recorder->close();
  const RecorderReport report = recorder->report();
  EXPECT_GT(report.dropped[full], 0u);
  EXPECT_EQ(report.packets + report.dropped[full] + report.dropped[keyframe], 300u);
}

// A camera whose cable is cut: its last minute must be there to be looked at.
TEST_F(RecorderTest, SilenceEndsFilesAndTheyGoOnWithTheNextKey) {
  const fs::path path = clip(100, 20);
  const auto source = load(path);
  VirtualClock clock;
  const auto recorder = make({.continuous = true, .segment = std::chrono::seconds(60), .clock = &clock});
  feed(*recorder, path, 0, 50);
  recorder->clip_begin("cut", source[45].pts_us);
  await([&] { return recorder->report().open_clips == 1 && count_files() == 2; });
  recorder->clip_end("cut", source[49].pts_us);
  clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(recorder->report().clips, 0u) << "it may still come";
  clock.advance(std::chrono::seconds(6));
  await([&] { return recorder->report().clips == 1; });
  EXPECT_EQ(recorder->report().segments, 0u);
  clock.advance(std::chrono::seconds(60));
  await([&] { return recorder->report().segments == 1; });
  feed(*recorder, path, 50);
  recorder->close();
  const auto segments = files(RecordingKind::segment);
  ASSERT_EQ(segments.size(), 2u);
  expect_packets({segments[0]}, source, 0, 50);
  expect_packets({segments[1]}, source, 60, 100);
  EXPECT_EQ(recorder->report().dropped[keyframe], 10u);
}

TEST_F(RecorderTest, WhatMp4CannotHoldIsToldNotRecorded) {
  ClipOptions o;
  o.encoder = "libvpx";
  o.encoder_options = {{"deadline", "realtime"}, {"cpu-used", "8"}};
  const fs::path path = make_clip(scratch_ / "a.webm", o);
  VirtualClock clock;
  const auto recorder = make({.continuous = true, .clock = &clock});
  feed(*recorder, path);
  await([&] { return recorder->report().state == RecorderState::failing; });
  EXPECT_NE(recorder->report().last_error.find("vp8"), std::string::npos) << recorder->report().last_error;
  recorder->close();
  EXPECT_EQ(count_files(), 0u);
}

TEST_F(RecorderTest, AfterItsEndPacketsAreDroppedClosed) {
  const fs::path path = clip(40, 20);
  const auto recorder = make({.continuous = true});
  feed(*recorder, path, 0, 30);
  recorder->close();
  recorder->close();
  feed(*recorder, path, 30);
  EXPECT_EQ(recorder->report().dropped[static_cast<std::size_t>(Drop::closed)], 10u);
  EXPECT_EQ(recorder->report().packets, 30u);
}

TEST_F(RecorderTest, WhatCannotBeRecordedIsRefusedAtOnce) {
  const auto error = [&](RecorderOptions options) {
    const auto recorder = Recorder::make(std::move(options), *retention_);
    EXPECT_FALSE(recorder);
    return recorder ? Code::failed : recorder.error().code;
  };
  EXPECT_EQ(error({.owner = "../front"}), Code::invalid);
  EXPECT_EQ(error({.owner = ""}), Code::invalid);
  EXPECT_EQ(error({.owner = "front", .segment = Nanos{0}}), Code::invalid);
  EXPECT_EQ(error({.owner = "front", .pre = Nanos{-1}}), Code::invalid);
  EXPECT_EQ(error({.owner = "front", .ring_bytes = 100}), Code::invalid);
}

TEST_F(RecorderTest, PoolsAreEvenWhenItIsGone) {
  const fs::path path = clip(20, 10);
  {
    const auto recorder = make({.continuous = true});
    feed(*recorder, path);
  }
  for (const PoolReport& pool : Pool::report_all()) {
    if (pool.id != "front/recording") continue;
    EXPECT_EQ(pool.owner, "front");
    EXPECT_EQ(pool.acquired, pool.released);
    EXPECT_EQ(pool.outstanding, 0u);
  }
}

}  // namespace
}  // namespace weir::media
