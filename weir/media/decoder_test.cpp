#include "weir/media/decoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <thread>

#include "tests/support/data.hpp"
#include "weir/core/channel.hpp"
#include "weir/media/av.hpp"
#include "weir/media/source.hpp"
#include "weir/media/test_clips.hpp"
#include "weir/media/test_pools.hpp"

namespace weir::media {
namespace {

using test::ClipOptions;
using test::expect_balanced;
using test::make_clip;
using test::Scratch;

// How many frames FFmpeg itself decodes: what `ffprobe -count_frames` counts, by the same calls.
std::size_t reference_count(const std::filesystem::path& path) {
  AVFormatContext* raw = nullptr;
  if (avformat_open_input(&raw, path.c_str(), nullptr, nullptr) < 0) return 0;
  Av<AVFormatContext> input(raw);
  if (avformat_find_stream_info(raw, nullptr) < 0) return 0;
  const AVCodec* codec = nullptr;
  const int index = av_find_best_stream(raw, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
  if (index < 0 || codec == nullptr) return 0;
  Av<AVCodecContext> context(avcodec_alloc_context3(codec));
  avcodec_parameters_to_context(context.get(), raw->streams[index]->codecpar);
  context->pkt_timebase = raw->streams[index]->time_base;
  if (avcodec_open2(context.get(), codec, nullptr) < 0) return 0;
  Av<AVPacket> packet(av_packet_alloc());
  Av<AVFrame> frame(av_frame_alloc());
  std::size_t frames = 0;
  auto drain = [&] {
    while (avcodec_receive_frame(context.get(), frame.get()) >= 0) ++frames;
  };
  while (av_read_frame(raw, packet.get()) >= 0) {
    if (packet->stream_index == index && avcodec_send_packet(context.get(), packet.get()) >= 0) drain();
    av_packet_unref(packet.get());
  }
  avcodec_send_packet(context.get(), nullptr);
  drain();
  return frames;
}

struct Played {
  std::optional<Error> error;
  DecoderReport report;
  std::vector<std::int64_t> pts;
  std::vector<std::uint64_t> numbers;
  std::vector<std::pair<int, int>> sizes;  // as they change
  std::uint64_t checksum = 0;
};

struct PlayOptions {
  int threads = 1;
  std::size_t keep = 0;  // frames that the consumer holds on to
  std::size_t downstream = 0;
  std::size_t max_bytes = std::size_t{512} << 20;
};

std::uint64_t checksum(const Frame& f) {
  std::uint64_t sum = 14695981039346656037u;
  // Every fourth line: enough to notice a slot that was written while it was read.
  for (int y = 0; y < f.height; y += 4) {
    const std::uint8_t* line = f.data[0] + static_cast<std::ptrdiff_t>(y) * f.stride[0];
    for (int x = 0; x < f.width; ++x) sum = (sum ^ line[x]) * 1099511628211u;
  }
  return sum;
}

// Decodes a whole file as a flow would: one frame in the consumer's hands, `keep` more in a queue behind it.
Played decode_file(const std::filesystem::path& path, PlayOptions o = {}) {
  Played run;
  SourceOptions source_options;
  source_options.fast = true;
  auto source = open_source(path.string(), source_options);
  if (!source) {
    run.error = source.error();
    return run;
  }
  DecoderOptions options;
  options.threads = o.threads;
  options.downstream_slots = std::max(o.downstream, o.keep + 1);
  options.camera_max_bytes = o.max_bytes;
  options.pool_id = "test/" + path.filename().string();
  auto decoder = Decoder::open((*source)->info(), options);
  if (!decoder) {
    run.error = decoder.error();
    return run;
  }
  std::deque<Frame> kept;
  auto sink = [&](Frame&& frame) {
    EXPECT_TRUE(frame.lease);
    EXPECT_EQ(frame.lease.role(), Role::engine);
    run.checksum = run.checksum * 31 + checksum(frame);
    run.pts.push_back(frame.pts_us);
    run.numbers.push_back(frame.number);
    if (run.sizes.empty() || run.sizes.back() != std::pair(frame.width, frame.height)) {
      run.sizes.emplace_back(frame.width, frame.height);
    }
    kept.push_back(std::move(frame));
    while (kept.size() > o.keep) kept.pop_front();
  };
  Packet packet;
  for (;;) {
    const Result<Read> got = (*source)->read(packet, {});
    if (!got) run.error = got.error();
    if (!got || *got == Read::end) break;
    if (const Result<void> done = (*decoder)->decode(packet, sink); !done) {
      run.error = done.error();
      break;
    }
  }
  if (const Result<void> flushed = (*decoder)->flush(sink); !flushed && !run.error) run.error = flushed.error();
  if (const Result<void> any = (*decoder)->check_any(); !any && !run.error) run.error = any.error();
  run.report = (*decoder)->report();
  kept.clear();
  const Result<void> closed = (*decoder)->close(Clock::real(), Clock::real().now() + std::chrono::seconds(20));
  EXPECT_TRUE(closed) << closed.error().line();
  return run;
}

class EveryFormat : public testing::TestWithParam<std::tuple<test::ClipFormat, int>> {};

TEST_P(EveryFormat, GivesEveryFrameOnceInALeaseThatComesBack) {
  const auto& [format, threads] = GetParam();
  const Scratch scratch;
  const auto clip = make_clip(scratch / format.file, format.clip);
  const Played run = decode_file(clip, {.threads = threads, .keep = 2});
  ASSERT_FALSE(run.error) << run.error->line();
  EXPECT_EQ(run.report.frames, static_cast<std::uint64_t>(format.clip.frames));
  EXPECT_EQ(run.report.frames, reference_count(clip));
  EXPECT_EQ(run.report.frames, run.report.into_leases + run.report.adopted + run.report.copied);
  EXPECT_EQ(run.report.rule_short, 0u) << "hold " << run.report.hold << ", slots " << run.report.slots;
  EXPECT_EQ(run.report.lost, 0u);
  EXPECT_EQ(run.report.errors, 0u);
  EXPECT_EQ(run.report.into_leases, format.into_leases ? run.report.frames : 0u);
  EXPECT_EQ(run.sizes, (std::vector{std::pair(format.clip.width, format.clip.height)}));
  ASSERT_FALSE(run.pts.empty());
  EXPECT_EQ(run.pts.front(), 0);
  EXPECT_TRUE(std::is_sorted(run.pts.begin(), run.pts.end()));
  EXPECT_NEAR(static_cast<double>(run.pts.back()), 1e6 * (format.clip.frames - 1) / format.clip.fps, 45'000);
  for (std::size_t i = 0; i < run.numbers.size(); ++i) EXPECT_EQ(run.numbers[i], i);
  expect_balanced();
}

INSTANTIATE_TEST_SUITE_P(Decoder, EveryFormat,
                         testing::Combine(testing::ValuesIn(test::clip_formats()), testing::Values(1, 3)),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param).name) + "With" +
                                  std::to_string(std::get<1>(tested.param)) + "Threads";
                         });

TEST(Decoder, ThePicturesAreTheOnesThatFfmpegDecodesIntoItsOwnMemory) {
  const Scratch scratch;
  ClipOptions o;
  o.b_frames = 3;
  o.width = 314;
  o.height = 182;
  const auto clip = make_clip(scratch / "a.mp4", o);
  // With and without threads, holding many or none: the same pixels, so no slot was written while it was read.
  const std::uint64_t plain = decode_file(clip).checksum;
  EXPECT_EQ(decode_file(clip, {.threads = 4, .keep = 9}).checksum, plain);

  AVFormatContext* raw = nullptr;
  ASSERT_GE(avformat_open_input(&raw, clip.c_str(), nullptr, nullptr), 0);
  Av<AVFormatContext> input(raw);
  const AVCodec* codec = avcodec_find_decoder(raw->streams[0]->codecpar->codec_id);
  Av<AVCodecContext> context(avcodec_alloc_context3(codec));
  avcodec_parameters_to_context(context.get(), raw->streams[0]->codecpar);
  ASSERT_GE(avcodec_open2(context.get(), codec, nullptr), 0);
  Av<AVPacket> packet(av_packet_alloc());
  Av<AVFrame> frame(av_frame_alloc());
  std::uint64_t reference = 0;
  auto drain = [&] {
    while (avcodec_receive_frame(context.get(), frame.get()) >= 0) {
      Frame f;
      f.width = frame->width, f.height = frame->height;
      f.data[0] = frame->data[0], f.stride[0] = frame->linesize[0];
      reference = reference * 31 + checksum(f);
    }
  };
  while (av_read_frame(raw, packet.get()) >= 0) {
    avcodec_send_packet(context.get(), packet.get());
    av_packet_unref(packet.get());
    drain();
  }
  avcodec_send_packet(context.get(), nullptr);
  drain();
  EXPECT_EQ(plain, reference);
}

TEST(Decoder, ANewPictureSizeGetsANewPoolWhileTheOldOneDrains) {
  const Scratch scratch;
  for (const int threads : {1, 3}) {
    const auto clip = test::clip_that_changes_size(scratch);
    const Played run = decode_file(clip, {.threads = threads, .keep = 5});
    ASSERT_FALSE(run.error) << run.error->line();
    EXPECT_EQ(run.report.frames, reference_count(clip));
    EXPECT_EQ(run.sizes, (std::vector{std::pair(320, 240), {640, 352}, {320, 240}}));
    EXPECT_GE(run.report.formats, 2u);
    EXPECT_EQ(run.report.rule_short, 0u);
    EXPECT_EQ(run.report.lost, 0u);
    expect_balanced();
  }
}

TEST(Decoder, AStreamThatNeedsMoreThanTheBoundIsRefusedWithTheFigures) {
  const Scratch scratch;
  const auto clip = test::clip_that_changes_size(scratch);
  const DecoderReport small = decode_file(scratch / "small.h264", {.keep = 2}).report;
  ASSERT_GT(small.bytes, 0u);
  // Enough for the small pictures, not for the large ones.
  const Played run = decode_file(clip, {.keep = 2, .max_bytes = small.bytes + 100'000});
  ASSERT_TRUE(run.error);
  EXPECT_EQ(run.error->code, Code::exhausted);
  EXPECT_NE(run.error->line().find("memory.camera_max"), std::string::npos) << run.error->line();
  EXPECT_NE(run.error->line().find("slots of"), std::string::npos) << run.error->line();
  EXPECT_GT(run.report.frames, 0u);
  const Played none = decode_file(scratch / "small.h264", {.max_bytes = 10'000});
  ASSERT_TRUE(none.error);
  EXPECT_EQ(none.error->code, Code::exhausted);
  expect_balanced();
}

TEST(Decoder, AConsumerThatHoldsMoreThanItSaidCostsABoundedNumberOfHeapBuffersAndIsCounted) {
  const Scratch scratch;
  const auto clip = make_clip(scratch / "a.mp4", {});
  SourceOptions source_options;
  source_options.fast = true;
  auto source = open_source(clip.string(), source_options);
  ASSERT_TRUE(source);
  DecoderOptions options;
  options.downstream_slots = 1;
  options.pool_id = "test/greedy";
  auto decoder = Decoder::open((*source)->info(), options);
  ASSERT_TRUE(decoder);
  std::vector<Frame> hoard;
  auto sink = [&](Frame&& frame) { hoard.push_back(std::move(frame)); };
  Packet packet;
  // It must come to an end although nothing is ever given back: the callback never waits.
  while ((*source)->read(packet, {}).value_or(Read::end) == Read::packet) {
    ASSERT_TRUE((*decoder)->decode(packet, sink));
  }
  ASSERT_TRUE((*decoder)->flush(sink));
  const DecoderReport r = (*decoder)->report();
  EXPECT_GT(r.rule_short, 0u);
  EXPECT_GT(r.lost + r.errors, 0u);
  EXPECT_LE(hoard.size(), r.slots + r.hold + r.slots);
  // Somebody still holds frames: closing says who, and works once they are back.
  const Result<void> early = (*decoder)->close(Clock::real(), Clock::real().now());
  ASSERT_FALSE(early);
  EXPECT_NE(early.error().line().find("engine"), std::string::npos) << early.error().line();
  hoard.clear();
  EXPECT_TRUE((*decoder)->close(Clock::real(), Clock::real().now() + std::chrono::seconds(20)));
}

TEST(Decoder, FramesMayBeReleasedByOtherThreadsWhileItDecodes) {
  const Scratch scratch;
  ClipOptions o;
  o.b_frames = 2;
  o.frames = 120;
  const auto clip = make_clip(scratch / "a.mp4", o);
  SourceOptions source_options;
  source_options.fast = true;
  auto source = open_source(clip.string(), source_options);
  ASSERT_TRUE(source);
  DecoderOptions options;
  options.threads = 2;
  options.downstream_slots = 6;
  options.pool_id = "test/threads";
  auto decoder = Decoder::open((*source)->info(), options);
  ASSERT_TRUE(decoder);
  const auto channel = Channel<Frame>::bounded("test/frames", 4, Overflow::wait);
  std::uint64_t sum = 0, taken = 0;
  std::jthread consumer([&] {
    while (std::optional<Frame> frame = channel->take()) {
      sum += checksum(*frame);
      ++taken;
    }
  });
  auto sink = [&](Frame&& frame) { EXPECT_EQ(channel->offer(std::move(frame)), Offer::accepted); };
  Packet packet;
  while ((*source)->read(packet, {}).value_or(Read::end) == Read::packet) {
    ASSERT_TRUE((*decoder)->decode(packet, sink));
  }
  ASSERT_TRUE((*decoder)->flush(sink));
  channel->close();
  consumer.join();
  EXPECT_EQ(taken, 120u);
  EXPECT_EQ((*decoder)->report().rule_short, 0u);
  EXPECT_TRUE((*decoder)->close(Clock::real(), Clock::real().now() + std::chrono::seconds(20)));
  expect_balanced();
}

TEST(Decoder, DamagedPacketsAreCountedAndEndNothing) {
  const Scratch scratch;
  ClipOptions o;
  o.frames = 60;
  auto bytes = test::read_file(make_clip(scratch / "a.ts", o));
  for (std::size_t i = bytes.size() / 3; i < bytes.size() / 3 + 6000 && i < bytes.size(); i += 7)
    bytes[i] ^= std::byte{0x5a};
  test::write_file(scratch / "bad.ts", bytes);
  const Played run = decode_file(scratch / "bad.ts", {.keep = 1});
  EXPECT_FALSE(run.error) << run.error->line();
  EXPECT_GT(run.report.frames, 20u);
  EXPECT_GT(run.report.errors + run.report.damaged, 0u);
  EXPECT_EQ(run.report.rule_short, 0u);
  expect_balanced();
}

class RealVideo : public testing::TestWithParam<const char*> {};

TEST_P(RealVideo, GivesExactlyTheFramesThatFfprobeCounts) {
  const std::string name = std::string("video/") + GetParam();
  const auto file = weir::test::data(name);
  if (!file) GTEST_SKIP() << weir::test::no_data(name);
  const Played run = decode_file(*file, {.threads = 2, .keep = 3});
  EXPECT_FALSE(run.error) << run.error->line();
  EXPECT_EQ(run.report.frames, reference_count(*file));
  EXPECT_EQ(run.report.rule_short, 0u) << "hold " << run.report.hold;
  EXPECT_EQ(run.report.lost, 0u);
  ASSERT_FALSE(run.pts.empty());
  EXPECT_TRUE(std::is_sorted(run.pts.begin(), run.pts.end()));
  EXPECT_EQ(run.pts.front(), 0);
  expect_balanced();
}

INSTANTIATE_TEST_SUITE_P(Decoder, RealVideo,
                         testing::Values("bottle-detection.mp4", "car-detection.mp4", "edgetam_08_driving.mp4",
                                         "edgetam_19_cyclist.mp4", "efficienttam_car.mp4",
                                         "one-by-one-person-detection.mp4", "bgslibrary_demo.avi",
                                         "bgslibrary_video.avi", "bgslibrary_video02.avi", "pysot_bag.avi",
                                         "from_gif/face-demographics-walking.mp4",
                                         "from_gif/person-bicycle-car-detection.mp4",
                                         "from_gif/worker-zone-detection.mp4"));

TEST(Decoder, BrokenFilesGiveOneLineOrWhatIsGoodInThem) {
  const auto directory = weir::test::data("bad");
  if (!directory) GTEST_SKIP() << weir::test::no_data("bad");
  for (const char* folder : {"mp4", "webm", "derived", "tiny"}) {
    if (!std::filesystem::exists(*directory / folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(*directory / folder)) {
      SCOPED_TRACE(entry.path().filename().string());
      const Played run = decode_file(entry.path(), {.keep = 2});
      if (run.error) {
        EXPECT_EQ(run.error->line().find('\n'), std::string::npos);
        EXPECT_GT(std::string_view(run.error->text).size(), 10u);
      }
      EXPECT_TRUE(run.error || run.report.frames > 0);
      EXPECT_LE(run.report.frames, reference_count(entry.path()));
      EXPECT_GE(run.report.frames + run.report.gated, reference_count(entry.path()));
      EXPECT_EQ(run.report.rule_short, 0u);
      EXPECT_EQ(run.report.lost, 0u);
      std::cout << entry.path().filename().string() << ": "
                << (run.error ? run.error->line() : std::to_string(run.report.frames) + " frames") << ", "
                << run.report.errors << " errors\n";
    }
  }
  expect_balanced();
}

}  // namespace
}  // namespace weir::media
