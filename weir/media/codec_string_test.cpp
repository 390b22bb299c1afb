#include "weir/media/codec_string.hpp"

#include <gtest/gtest.h>

#include "weir/media/av.hpp"
#include "weir/media/key_frame_size.hpp"
#include "weir/media/source.hpp"
#include "weir/media/test_clips.hpp"

namespace weir::media {
namespace {

using test::ClipOptions;
using test::make_clip;
using test::Scratch;

std::string string_of(const std::filesystem::path& clip) {
  SourceOptions o;
  o.fast = true;
  const auto source = open_source(clip.string(), o);
  EXPECT_TRUE(source) << source.error().line();
  return source ? (*source)->info().webcodecs : "?";
}

TEST(CodecString, H264NamesProfileConstraintsAndLevelOfItsSps) {
  const Scratch scratch;
  ClipOptions o;
  o.encoder_options = {{"profile", "baseline"}, {"level", "3.1"}};
  for (const char* name : {"a.mp4", "b.h264", "c.ts"})
    EXPECT_EQ(string_of(make_clip(scratch / name, o)), "avc1.42C01F") << name;
  o.encoder_options = {{"profile", "high"}, {"level", "4.0"}};
  EXPECT_EQ(string_of(make_clip(scratch / "d.mp4", o)), "avc1.640028");
}

TEST(CodecString, HevcNamesProfileTierLevelAndConstraints) {
  const Scratch scratch;
  ClipOptions o;
  o.encoder = "libx265";
  o.encoder_options = {{"x265-params", "log-level=none:pools=1:level-idc=3.1"}, {"preset", "ultrafast"}};
  // Main profile is general_profile_idc 1 with compatibility flags 1 and 2, reversed 0x6.
  const std::string from_box = string_of(make_clip(scratch / "a.mp4", o));
  EXPECT_EQ(from_box.substr(0, 13), "hev1.1.6.L93.") << from_box;
  EXPECT_EQ(string_of(make_clip(scratch / "b.ts", o)), from_box);
}

TEST(CodecString, WebmCodecsAndAv1) {
  const Scratch scratch;
  ClipOptions o;
  o.frames = 6;
  o.encoder = "libvpx";
  EXPECT_EQ(string_of(make_clip(scratch / "a.webm", o)), "vp8");
  o.encoder = "libvpx-vp9";
  o.encoder_options = {{"cpu-used", "8"}};
  // 320x240 at 25 pictures a second is 1.92 million samples a second: level 1.1 holds 73728 samples, 2.0 122880.
  EXPECT_EQ(string_of(make_clip(scratch / "b.webm", o)), "vp09.00.20.08");
  o.encoder = "libaom-av1";
  o.encoder_options = {{"cpu-used", "8"}, {"usage", "realtime"}};
  const std::string av1 = string_of(make_clip(scratch / "c.mp4", o));
  EXPECT_EQ(av1, "av01.0.00M.08");
}

TEST(CodecString, IsEmptyForWhatNoBrowserDecodes) {
  const Scratch scratch;
  ClipOptions o;
  o.pixel_format = "yuv422p";
  EXPECT_EQ(string_of(make_clip(scratch / "a.mp4", o)), "");
  o.pixel_format = "yuv420p";
  o.encoder = "mpeg4";
  EXPECT_EQ(string_of(make_clip(scratch / "b.avi", o)), "");
  o.encoder = "mjpeg";
  o.pixel_format = "yuvj420p";
  EXPECT_EQ(string_of(make_clip(scratch / "c.avi", o)), "");
}

TEST(KeyFrameSize, IsWhatVp8AndVp9KeyFramesState) {
  const Scratch scratch;
  for (const auto& [encoder, id] : {std::pair{"libvpx", AV_CODEC_ID_VP8}, {"libvpx-vp9", AV_CODEC_ID_VP9}}) {
    ClipOptions o;
    o.encoder = encoder;
    o.frames = 8;
    o.width = 174;
    o.height = 122;
    o.encoder_options = {{"cpu-used", "8"}};
    SourceOptions s;
    s.fast = true;
    const auto source = open_source(make_clip(scratch / (std::string(encoder) + ".webm"), o).string(), s);
    ASSERT_TRUE(source);
    Packet p;
    int keys = 0;
    while ((*source)->read(p, {}).value_or(Read::end) == Read::packet) {
      const auto size = key_frame_size(id, p.bytes);
      ASSERT_EQ(size.has_value(), p.key);
      if (!size) continue;
      EXPECT_EQ(size->width, 174);
      EXPECT_EQ(size->height, 122);
      for (std::size_t n = 0; n < 6; ++n) EXPECT_FALSE(key_frame_size(id, p.bytes.first(n)));
      ++keys;
    }
    EXPECT_EQ(keys, 1);
  }
}

}  // namespace
}  // namespace weir::media
