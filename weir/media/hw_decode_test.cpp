#include "weir/media/hw_decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <thread>

#include "weir/core/log.hpp"
#include "weir/media/decoder.hpp"
#include "weir/media/frame_store.hpp"
#include "weir/media/source.hpp"
#include "weir/media/test_clips.hpp"
#include "weir/media/test_pools.hpp"

namespace weir::media {
namespace {

using test::ClipOptions;
using test::expect_balanced;
using test::make_clip;
using test::Scratch;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Instant soon() { return Clock::real().now() + std::chrono::seconds(20); }

// Devices of which those in `there` exist. Their surfaces are yuv420p in the library's own memory, and are NV12 when
// they are downloaded; with any other pixel format the library itself refuses, as such a device cannot be set up.
class FakeDevices final : public HwDevices {
 public:
  explicit FakeDevices(std::map<HwAccel, AVPixelFormat> there) : there_(std::move(there)) {}

  Result<HwDevice> open(HwAccel kind, AVCodecID codec) override {
    opened.push_back(kind);
    const auto found = there_.find(kind);
    if (found == there_.end()) return fail(Code::unsupported, "decode.hwaccel: no such device", {}, "not built in");
    return HwDevice{kind, avcodec_find_decoder(codec), found->second, nullptr};
  }
  int get_surface(AVCodecContext& context, AVFrame& frame, int flags) override {
    return surfaces-- <= 0 ? AVERROR_EXTERNAL : HwDevices::get_surface(context, frame, flags);
  }
  AVPixelFormat format_of(const AVFrame&) const override { return AV_PIX_FMT_NV12; }
  int download(AVFrame& to, const AVFrame& surface) override {
    if (downloads-- <= 0) return AVERROR(EIO);
    EXPECT_EQ(to.format, AV_PIX_FMT_NV12);
    EXPECT_NE(to.buf[0], nullptr) << "av_hwframe_transfer_data() would take memory of its own";
    for (int y = 0; y < surface.height; ++y) {
      std::copy_n(surface.data[0] + y * surface.linesize[0], surface.width, to.data[0] + y * to.linesize[0]);
    }
    for (int y = 0; y < (surface.height + 1) / 2; ++y) {
      for (int x = 0; x < (surface.width + 1) / 2; ++x) {
        to.data[1][y * to.linesize[1] + 2 * x] = surface.data[1][y * surface.linesize[1] + x];
        to.data[1][y * to.linesize[1] + 2 * x + 1] = surface.data[2][y * surface.linesize[2] + x];
      }
    }
    return 0;
  }

  std::vector<HwAccel> opened;
  int surfaces = 1'000'000, downloads = 1'000'000;  // that go well

 private:
  std::map<HwAccel, AVPixelFormat> there_;
};

struct Played {
  std::optional<Error> error;
  DecoderReport report;
  std::vector<std::int64_t> pts;
  std::vector<std::uint64_t> luma;  // a checksum for each frame
  std::vector<std::uint64_t> chroma;
};

void add(std::uint64_t& sum, std::uint8_t byte) { sum = (sum ^ byte) * 1099511628211u; }

std::uint64_t luma_of(const Frame& f) {
  std::uint64_t sum = 14695981039346656037u;
  for (int y = 0; y < f.height; ++y) {
    for (int x = 0; x < f.width; ++x) add(sum, f.data[0][y * f.stride[0] + x]);
  }
  return sum;
}

std::uint64_t chroma_of(const Frame& f) {
  std::uint64_t sum = 14695981039346656037u;
  const bool together = f.format == AV_PIX_FMT_NV12;
  for (int y = 0; y < f.height / 2; ++y) {
    for (int x = 0; x < f.width / 2; ++x) {
      add(sum, together ? f.data[1][y * f.stride[1] + 2 * x] : f.data[1][y * f.stride[1] + x]);
      add(sum, together ? f.data[1][y * f.stride[1] + 2 * x + 1] : f.data[2][y * f.stride[2] + x]);
    }
  }
  return sum;
}

struct PlayOptions {
  HwAccel hwaccel = HwAccel::none;
  HwDevices* devices = nullptr;
  int threads = 1;
  std::size_t keep = 2, downstream = 3;  // held by the consumer, besides the one in its hands; what it promised
};

Played play(const std::filesystem::path& path, PlayOptions o) {
  Played out;
  SourceOptions source_options;
  source_options.fast = true;
  auto source = open_source(path.string(), source_options);
  DecoderOptions options;
  options.threads = o.threads;
  options.downstream_slots = o.downstream;
  options.pool_id = "test/hw";
  options.owner = "front";
  options.hwaccel = o.hwaccel;
  auto decoder =
      source ? Decoder::open((*source)->info(), options, nullptr, o.devices) : tl::unexpected(source.error());
  if (!decoder) {
    out.error = decoder.error();
    return out;
  }
  std::deque<Frame> kept;
  auto sink = [&](Frame&& frame) {
    EXPECT_EQ(frame.lease.role(), Role::engine);
    EXPECT_EQ(frame.number, out.pts.size());
    out.pts.push_back(frame.pts_us);
    out.luma.push_back(luma_of(frame));
    out.chroma.push_back(chroma_of(frame));
    kept.push_back(std::move(frame));
    while (kept.size() > o.keep) kept.pop_front();
  };
  Packet packet;
  while (!out.error && (*source)->read(packet, {}).value_or(Read::end) == Read::packet) {
    if (const auto done = (*decoder)->decode(packet, sink); !done) out.error = done.error();
  }
  if (!out.error) {
    if (const auto done = (*decoder)->flush(sink); !done) out.error = done.error();
  }
  out.report = (*decoder)->report();
  kept.clear();
  EXPECT_TRUE((*decoder)->close(Clock::real(), soon()));
  expect_balanced();
  return out;
}

void expect_same_pictures(const Played& one, const Played& other) {
  ASSERT_FALSE(one.error) << one.error->line();
  ASSERT_FALSE(other.error) << other.error->line();
  EXPECT_EQ(one.pts, other.pts);
  EXPECT_EQ(one.luma, other.luma);
  EXPECT_EQ(one.chroma, other.chroma);
}

std::filesystem::path reordered_clip(const Scratch& scratch) {
  ClipOptions o;
  o.b_frames = 3;
  o.width = 314, o.height = 182;  // the codec's own size is larger
  return make_clip(scratch / "a.mp4", o);
}

class Collected final : public LogSink {
 public:
  Collected() { set_log_sink(this); }
  ~Collected() override { set_log_sink(nullptr); }
  void write(Level level, std::string_view owner, std::string_view text) override {
    lines.push_back(std::string(to_string(level)) + ' ' + std::string(owner) + ": " + std::string(text));
  }
  std::vector<std::string> lines;
};

// What this machine answers; empty where it has such a device.
std::optional<Error> missing(HwAccel kind) {
  const auto device = machine_devices().open(kind, AV_CODEC_ID_H264);
  return device ? std::nullopt : std::optional(device.error());
}

TEST(HwDecode, ADeviceThatIsNotThereIsAnErrorThatSaysWhy) {
  const Scratch scratch;
  const auto clip = make_clip(scratch / "a.mp4", {});
  for (const HwAccel kind : {HwAccel::nvdec, HwAccel::vaapi}) {
    const std::optional<Error> why = missing(kind);
    if (!why) continue;
    const Played asked = play(clip, {.hwaccel = kind});
    ASSERT_TRUE(asked.error);
    EXPECT_EQ(asked.error->code, Code::unsupported);
    EXPECT_THAT(asked.error->line(), StartsWith("front: decode.hwaccel: no "));
    EXPECT_FALSE(why->detail.empty());
    EXPECT_THAT(asked.error->line(), HasSubstr(why->detail));
    std::cout << asked.error->line() << "\n";
  }
}

TEST(HwDecode, TheReasonIsTheOneThatDriverOrSystemGives) {
  if (const auto why = missing(HwAccel::nvdec)) {
    EXPECT_THAT(why->detail, testing::AnyOf(HasSubstr("libcuda"), HasSubstr("cu")));
  }
  if (!std::filesystem::exists("/dev/dri/renderD128")) {
    EXPECT_EQ(missing(HwAccel::vaapi)->detail, "no /dev/dri/renderD128");
  }
  EXPECT_EQ(machine_devices().open(HwAccel::nvdec, AV_CODEC_ID_FFV1).error().detail, "FFmpeg has no nvdec for ffv1");
}

TEST(HwDecode, AutomaticGoesOnInSoftwareWithTheSamePicturesAndSaysWhy) {
  const auto nvdec = missing(HwAccel::nvdec), vaapi = missing(HwAccel::vaapi);
  if (!nvdec || !vaapi) GTEST_SKIP() << "this machine has such a device";
  const Scratch scratch;
  const auto clip = reordered_clip(scratch);
  Collected log;
  const Played automatic = play(clip, {.hwaccel = HwAccel::automatic, .threads = 2});
  const Played none = play(clip, {});
  expect_same_pictures(automatic, none);
  EXPECT_EQ(automatic.report.into_leases, automatic.report.frames);
  const HwChoice& choice = automatic.report.hwaccel;
  EXPECT_EQ(choice.asked, HwAccel::automatic);
  EXPECT_EQ(chosen_name(choice), "software");
  EXPECT_EQ(choice.why, "nvdec: " + nvdec->detail + "; vaapi: " + vaapi->detail);
  EXPECT_THAT(log.lines, testing::ElementsAre("info front: decode.hwaccel = auto: software (" + choice.why + ")"));
  EXPECT_EQ(none.report.hwaccel.asked, HwAccel::none);
  EXPECT_EQ(chosen_name(none.report.hwaccel), "software");
  EXPECT_EQ(none.report.hwaccel.why, "");
}

TEST(HwDecode, SurfacesAreDownloadedIntoSlotsAndOnlyConsumersHoldAny) {
  const Scratch scratch;
  const auto clip = reordered_clip(scratch);
  const Played software = play(clip, {});
  FakeDevices devices({{HwAccel::nvdec, AV_PIX_FMT_YUV420P}});
  Collected log;
  const Played hardware = play(clip, {.hwaccel = HwAccel::nvdec, .devices = &devices, .threads = 3});
  expect_same_pictures(hardware, software);
  EXPECT_EQ(hardware.report.frames, 40u);
  EXPECT_EQ(hardware.report.copied, 40u);
  EXPECT_EQ(hardware.report.into_leases + hardware.report.adopted + hardware.report.rule_short, 0u);
  EXPECT_EQ(hardware.report.lost, 0u);
  EXPECT_EQ(hardware.report.slots, 3u + 1u);
  EXPECT_EQ(hardware.report.hold, 1u);
  EXPECT_EQ(hardware.report.formats, 1u);
  EXPECT_EQ(hardware.report.bytes, hardware.report.slots * hardware.report.slot_bytes);
  EXPECT_EQ(chosen_name(hardware.report.hwaccel), "nvdec");
  EXPECT_THAT(log.lines, testing::ElementsAre("info front: decode.hwaccel = nvdec: nvdec"));
}

TEST(HwDecode, AConsumerThatHoldsMoreThanItSaidLosesFramesAndNothingWaits) {
  const Scratch scratch;
  FakeDevices devices({{HwAccel::vaapi, AV_PIX_FMT_YUV420P}});
  const Played greedy =
      play(reordered_clip(scratch), {.hwaccel = HwAccel::vaapi, .devices = &devices, .keep = 100, .downstream = 3});
  ASSERT_FALSE(greedy.error) << greedy.error->line();
  EXPECT_EQ(greedy.report.frames, greedy.report.slots);
  EXPECT_EQ(greedy.report.lost, 40u - greedy.report.slots);
  EXPECT_EQ(greedy.report.rule_short, 0u);
}

TEST(HwDecode, AutomaticTriesOneAfterTheOther) {
  const Scratch scratch;
  const auto clip = reordered_clip(scratch);
  const Played software = play(clip, {});
  {
    FakeDevices devices({{HwAccel::vaapi, AV_PIX_FMT_YUV420P}});
    const Played second = play(clip, {.hwaccel = HwAccel::automatic, .devices = &devices});
    expect_same_pictures(second, software);
    EXPECT_EQ(chosen_name(second.report.hwaccel), "vaapi");
    EXPECT_EQ(second.report.hwaccel.why, "nvdec: not built in");
  }
  {
    FakeDevices devices({{HwAccel::nvdec, AV_PIX_FMT_YUV420P}, {HwAccel::vaapi, AV_PIX_FMT_YUV420P}});
    const Played first = play(clip, {.hwaccel = HwAccel::automatic, .devices = &devices});
    EXPECT_EQ(devices.opened, std::vector{HwAccel::nvdec});
    EXPECT_EQ(first.report.hwaccel.why, "");
  }
}

// The library itself is asked to set up a device that cannot be: it says no after the first packet was sent.
TEST(HwDecode, ADeviceThatRefusesTheStreamCostsNoFrame) {
  const Scratch scratch;
  const auto clip = reordered_clip(scratch);
  const Played software = play(clip, {});
  {
    FakeDevices devices({{HwAccel::nvdec, AV_PIX_FMT_CUDA}, {HwAccel::vaapi, AV_PIX_FMT_YUV420P}});
    const Played next = play(clip, {.hwaccel = HwAccel::automatic, .devices = &devices});
    expect_same_pictures(next, software);
    EXPECT_EQ(chosen_name(next.report.hwaccel), "vaapi");
    EXPECT_EQ(next.report.copied, 40u);
    EXPECT_EQ(next.report.packets, 40u);
    EXPECT_EQ(next.report.errors, 0u);
  }
  {
    FakeDevices devices({{HwAccel::nvdec, AV_PIX_FMT_CUDA}, {HwAccel::vaapi, AV_PIX_FMT_VAAPI}});
    const Played none = play(clip, {.hwaccel = HwAccel::automatic, .devices = &devices, .threads = 2});
    expect_same_pictures(none, software);
    EXPECT_EQ(none.report.into_leases, 40u);
    EXPECT_EQ(none.report.errors + none.report.rule_short + none.report.lost, 0u);
    EXPECT_EQ(chosen_name(none.report.hwaccel), "software");
    EXPECT_THAT(none.report.hwaccel.why, AllOf(StartsWith("nvdec: "), HasSubstr("; vaapi: ")));
    std::cout << none.report.hwaccel.why << "\n";
  }
  {
    FakeDevices devices({{HwAccel::nvdec, AV_PIX_FMT_CUDA}});
    const Played asked = play(clip, {.hwaccel = HwAccel::nvdec, .devices = &devices});
    ASSERT_TRUE(asked.error);
    EXPECT_EQ(asked.error->code, Code::unsupported);
    EXPECT_THAT(asked.error->line(), AllOf(StartsWith("front: decode.hwaccel: the device does not decode this stream"),
                                           HasSubstr("nvdec: ")));
    EXPECT_TRUE(asked.pts.empty());
  }
}

TEST(HwDecode, AStreamThatChangesToWhatTheDeviceCannotGoesOnWithoutALostFrame) {
  const Scratch scratch;
  ClipOptions plain;
  plain.frames = 30, plain.b_frames = 2;
  ClipOptions fine = plain;
  fine.pixel_format = "yuv444p";
  auto bytes = test::read_file(make_clip(scratch / "plain.h264", plain));
  const auto more = test::read_file(make_clip(scratch / "fine.h264", fine));
  bytes.insert(bytes.end(), more.begin(), more.end());
  test::write_file(scratch / "both.h264", bytes);

  const Played software = play(scratch / "both.h264", {});
  FakeDevices devices({{HwAccel::nvdec, AV_PIX_FMT_YUV420P}});
  const Played changed = play(scratch / "both.h264", {.hwaccel = HwAccel::automatic, .devices = &devices});
  expect_same_pictures(changed, software);
  EXPECT_EQ(changed.report.frames, 60u);
  EXPECT_EQ(changed.report.copied, 30u);
  EXPECT_EQ(changed.report.into_leases, 30u);
  EXPECT_EQ(chosen_name(changed.report.hwaccel), "software");
  EXPECT_EQ(changed.report.hwaccel.why, "nvdec: not for h264 of 320x240 yuv444p; vaapi: not built in");

  FakeDevices only({{HwAccel::nvdec, AV_PIX_FMT_YUV420P}});
  const Played asked = play(scratch / "both.h264", {.hwaccel = HwAccel::nvdec, .devices = &only});
  ASSERT_TRUE(asked.error);
  EXPECT_EQ(asked.pts.size(), 30u) << "what was decoded before comes out";
}

TEST(HwDecode, ASizeThatChangesGetsANewPool) {
  const Scratch scratch;
  const auto clip = test::clip_that_changes_size(scratch);
  FakeDevices devices({{HwAccel::nvdec, AV_PIX_FMT_YUV420P}});
  const Played hardware = play(clip, {.hwaccel = HwAccel::nvdec, .devices = &devices});
  expect_same_pictures(hardware, play(clip, {}));
  EXPECT_GE(hardware.report.formats, 2u);
  EXPECT_EQ(hardware.report.copied, 90u);
}

TEST(HwDecode, ADeviceThatFailsIsAnErrorAndNotAStreamWithoutPictures) {
  const Scratch scratch;
  const auto clip = reordered_clip(scratch);
  FakeDevices gone({{HwAccel::nvdec, AV_PIX_FMT_YUV420P}});
  gone.downloads = 7;
  const Played download = play(clip, {.hwaccel = HwAccel::nvdec, .devices = &gone});
  ASSERT_TRUE(download.error);
  EXPECT_EQ(download.error->code, Code::failed);
  EXPECT_EQ(download.error->owner, "front");
  EXPECT_EQ(download.pts.size(), 7u);

  ClipOptions vp8;
  vp8.encoder = "libvpx";
  FakeDevices lost({{HwAccel::nvdec, AV_PIX_FMT_YUV420P}});
  lost.surfaces = 5;
  const Played decoding = play(make_clip(scratch / "a.webm", vp8), {.hwaccel = HwAccel::nvdec, .devices = &lost});
  ASSERT_TRUE(decoding.error);
  EXPECT_EQ(decoding.error->code, Code::failed);
  EXPECT_THAT(decoding.error->line(), HasSubstr("front: the decoding device fails (nvdec: "));
}

TEST(HwDecode, TheUpperLeftCropOfASurfaceIsTakenOffItsCopy) {
  FrameStore store({"test/crop", "front", 2, std::size_t{64} << 20, nullptr});
  Av<AVFrame> surface(av_frame_alloc());
  surface->width = 66, surface->height = 50, surface->format = AV_PIX_FMT_P010LE;
  surface->crop_left = 2, surface->crop_top = 4;
  ASSERT_GE(av_frame_get_buffer(surface.get(), 0), 0);
  for (int y = 0; y < 50; ++y) {
    for (int x = 0; x < 66; ++x) {
      reinterpret_cast<std::uint16_t*>(surface->data[0] + y * surface->linesize[0])[x] =
          static_cast<std::uint16_t>((y * 4 + x) << 6);
    }
  }
  Frame out;
  const auto copy = [&](AVFrame& to) { return av_frame_copy(&to, surface.get()); };
  ASSERT_TRUE(store.download(*surface, AV_PIX_FMT_P010LE, copy, out));
  EXPECT_EQ(out.width, 64);
  EXPECT_EQ(out.height, 46);
  EXPECT_EQ(out.format, AV_PIX_FMT_P010LE);
  EXPECT_EQ(reinterpret_cast<const std::uint16_t*>(out.data[0])[0] >> 6, 4 * 4 + 2);
  EXPECT_EQ(out.stride[0] % static_cast<int>(plane_alignment), 0);
  EXPECT_EQ(store.counts().slots.load(), 3u);
  out.lease.release();
  EXPECT_TRUE(store.close(Clock::real(), soon()));
}

TEST(HwDecode, OnlyWhoListensHearsTheLibraryAndOnlyTheFirstThing) {
  silence_libraries();
  LibraryWords words;
  av_log(nullptr, AV_LOG_ERROR, "too early\n");
  {
    const LibraryWords::Scope listening(&words);
    av_log(nullptr, AV_LOG_INFO, "chatter\n");
    std::thread([] { av_log(nullptr, AV_LOG_ERROR, "elsewhere\n"); }).join();
    av_log(nullptr, AV_LOG_WARNING, "card %d is tired.\n", 7);
    av_log(nullptr, AV_LOG_ERROR, "and more\n");
  }
  EXPECT_EQ(words.first(), "card 7 is tired");
  words.clear();
  av_log(nullptr, AV_LOG_ERROR, "too late\n");
  EXPECT_EQ(words.first(), "");
}

}  // namespace
}  // namespace weir::media
