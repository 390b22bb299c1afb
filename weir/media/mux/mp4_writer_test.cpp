#include "weir/media/mux/mp4_writer.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include "tests/support/process.hpp"
#include "weir/media/mux/mp4_index.hpp"
#include "weir/media/mux/test_stream.hpp"

namespace weir::media {
namespace {

using test::ClipOptions;
using test::load;
using test::make_clip;
using test::pictures_of;
using test::Scratch;

std::unique_ptr<Mp4Writer> open_writer(const std::filesystem::path& path, const MuxPacket& first) {
  auto writer = Mp4Writer::open(path, *first.info);
  EXPECT_TRUE(writer) << writer.error().line();
  return writer ? std::move(*writer) : nullptr;
}

std::uint64_t record(const std::filesystem::path& path, const std::vector<MuxPacket>& packets) {
  const auto writer = open_writer(path, packets.at(0));
  if (writer == nullptr) return 0;
  for (const MuxPacket& packet : packets) {
    const auto written = writer->write(packet);
    EXPECT_TRUE(written) << written.error().line();
  }
  const auto closed = writer->close();
  EXPECT_TRUE(closed) << closed.error().line();
  return closed.value_or(0);
}

// Bit by bit, and in time to within a tick.
void expect_same(const std::vector<MuxPacket>& recorded, const std::vector<MuxPacket>& source) {
  ASSERT_EQ(recorded.size(), source.size());
  // Matroska does not store them, so that the first ones are guesses.
  const bool dts_known =
      std::is_sorted(source.begin(), source.end(), [](const auto& a, const auto& b) { return a.dts_us < b.dts_us; });
  for (std::size_t i = 0; i < source.size(); ++i) {
    SCOPED_TRACE("packet " + std::to_string(i));
    EXPECT_EQ(pictures_of(recorded[i]), pictures_of(source[i]));
    EXPECT_EQ(recorded[i].key, source[i].key);
    EXPECT_NEAR(static_cast<double>(recorded[i].pts_us - recorded[0].pts_us),
                static_cast<double>(source[i].pts_us - source[0].pts_us), 24);
    if (i > 0) EXPECT_GT(recorded[i].dts_us, recorded[i - 1].dts_us);
    if (!dts_known) continue;
    EXPECT_NEAR(static_cast<double>(recorded[i].dts_us - recorded[0].dts_us),
                static_cast<double>(source[i].dts_us - source[0].dts_us), 24);
  }
}

struct Case {
  const char* name;
  const char* file;
  ClipOptions clip;
};

class Mp4Kinds : public testing::TestWithParam<Case> {};

TEST_P(Mp4Kinds, WhatIsReadBackIsTheSourceBitByBit) {
  const Scratch scratch;
  const auto source = load(make_clip(scratch / GetParam().file, GetParam().clip));
  ASSERT_EQ(source.size(), 40u);
  const std::uint64_t bytes = record(scratch / "out.mp4", source);
  EXPECT_EQ(std::filesystem::file_size(scratch / "out.mp4"), bytes);
  EXPECT_FALSE(std::filesystem::exists(scratch / "out.mp4.part"));
  expect_same(load(scratch / "out.mp4"), source);
}

ClipOptions with(std::string encoder, int b_frames, std::map<std::string, std::string> options = {}) {
  ClipOptions o;
  o.encoder = std::move(encoder);
  o.b_frames = b_frames;
  o.encoder_options = std::move(options);
  return o;
}

ClipOptions hevc() {
  return with("libx265", 0,
              {{"x265-params", "log-level=none:pools=1:frame-threads=1:bframes=3"}, {"preset", "ultrafast"}});
}

ClipOptions mjpeg() {
  ClipOptions o = with("mjpeg", 0);
  o.pixel_format = "yuvj420p";
  return o;
}

INSTANTIATE_TEST_SUITE_P(
    Each, Mp4Kinds,
    testing::Values(Case{"H264", "a.mp4", with("libx264", 0)}, Case{"H264Reordered", "b.mp4", with("libx264", 3)},
                    Case{"H264Matroska", "c.mkv", with("libx264", 2)}, Case{"H264AnnexB", "d.ts", with("libx264", 2)},
                    Case{"H264EveryPictureAKey", "i.mp4", with("libx264", 0, {{"g", "1"}})},
                    Case{"Hevc", "e.mp4", hevc()}, Case{"HevcAnnexB", "f.ts", hevc()}, Case{"Mjpeg", "g.avi", mjpeg()},
                    Case{"Vp9", "h.webm", with("libvpx-vp9", 0, {{"deadline", "realtime"}, {"cpu-used", "8"}})}),
    [](const auto& kind) { return std::string(kind.param.name); });

TEST(Mp4Writer, AForeignPlayerReadsItsLengthCodecAndPictures) {
  const Scratch scratch;
  for (const auto& [name, clip, tag] :
       {std::tuple{"a.ts", with("libx264", 2), "avc1"}, std::tuple{"b.ts", hevc(), "hvc1"}}) {
    const auto source = load(make_clip(scratch / name, clip));
    const std::string out = (scratch / (std::string(name) + ".mp4")).string();
    record(out, source);
    const auto probed = weir::test::run(
        {.argv = {"ffprobe", "-v", "error", "-count_frames", "-show_entries",
                  "stream=codec_tag_string,nb_read_frames,width:format=duration", "-of", "default=nw=1", out}});
    ASSERT_TRUE(probed.ok()) << probed.line();
    EXPECT_EQ(probed.err, "");
    EXPECT_NE(probed.out.find(std::string("codec_tag_string=") + tag), std::string::npos) << probed.out;
    EXPECT_NE(probed.out.find("nb_read_frames=40"), std::string::npos) << probed.out;
    EXPECT_NE(probed.out.find("width=320"), std::string::npos) << probed.out;
    EXPECT_NE(probed.out.find("duration=1.6"), std::string::npos) << probed.out;
  }
}

}  // namespace
}  // namespace weir::media
