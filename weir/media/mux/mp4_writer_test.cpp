#include "weir/media/mux/mp4_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "tests/support/process.hpp"
#include "weir/media/av.hpp"
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

std::vector<MuxPacket> h264(const Scratch& scratch, int frames, int gop) {
  ClipOptions clip;
  clip.frames = frames;
  clip.gop = gop;
  return load(make_clip(scratch / "source.ts", clip));
}

// The packets up to where a file ends that did not come to its end.
void expect_beginning(const std::vector<MuxPacket>& recorded, const std::vector<MuxPacket>& source) {
  ASSERT_GT(recorded.size(), 0u);
  ASSERT_LT(recorded.size(), source.size());
  expect_same(recorded, {source.begin(), source.begin() + static_cast<std::ptrdiff_t>(recorded.size())});
}

TEST(Mp4Writer, WhatMp4CannotHoldIsRefusedWithTheCodecsName) {
  const Scratch scratch;
  const auto vp8 = load(make_clip(scratch / "a.webm", with("libvpx", 0, {{"deadline", "realtime"}})));
  const auto writer = Mp4Writer::open(scratch / "out.mp4", *vp8.at(0).info);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, Code::unsupported);
  EXPECT_NE(writer.error().line().find("vp8"), std::string::npos) << writer.error().line();
  EXPECT_FALSE(std::filesystem::exists(scratch / "out.mp4.part"));
}

// As it is with a camera: only the packets, or what was learnt from them, say how the stream is decoded.
TEST(Mp4Writer, ParameterSetsFromThePacketsAreEnough) {
  const Scratch scratch;
  for (const auto& [name, clip] : {std::pair{"a.ts", with("libx264", 2)}, std::pair{"b.ts", hevc()}}) {
    auto source = load(make_clip(scratch / name, clip));
    auto info = std::make_shared<StreamInfo>(*source.at(0).info);
    Av<AVCodecParameters> bare(avcodec_parameters_alloc());
    bare->codec_type = AVMEDIA_TYPE_VIDEO;
    bare->codec_id = info->parameters->codec_id;
    info->parameters = std::shared_ptr<const AVCodecParameters>(bare.release(), AvDelete{});
    const AccessUnits known = info->units;
    info->units = *AccessUnits::restore(known.codec(), 0, {});
    const auto early = Mp4Writer::open(scratch / "out.mp4", *info);
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().code, Code::unsupported);
    info->units = known;
    source.at(0).info = info;
    record(scratch / (std::string(name) + ".mp4"), source);
    expect_same(load(scratch / (std::string(name) + ".mp4")), source);
  }
}

TEST(Mp4Writer, AFileBeginsWithAKeyAndIsOfOneFormat) {
  const Scratch scratch;
  auto source = h264(scratch, 20, 12);
  const auto writer = open_writer(scratch / "out.mp4", source[0]);
  EXPECT_EQ(writer->write(source[1]).error().code, Code::invalid);
  ASSERT_TRUE(writer->write(source[0]));
  source[1].epoch += 1;
  EXPECT_EQ(writer->write(source[1]).error().code, Code::invalid);
  EXPECT_TRUE(writer->write(source[2])) << "a refused packet does no harm";
}

TEST(Mp4Writer, NothingWrittenIsNoFile) {
  const Scratch scratch;
  const auto source = h264(scratch, 2, 12);
  {
    const auto writer = open_writer(scratch / "out.mp4", source[0]);
    EXPECT_EQ(writer->close().error().code, Code::invalid);
  }
  {
    const auto writer = open_writer(scratch / "out.mp4", source[0]);
    ASSERT_TRUE(writer->write(source[0]));
  }
  EXPECT_FALSE(std::filesystem::exists(scratch / "out.mp4"));
  EXPECT_FALSE(std::filesystem::exists(scratch / "out.mp4.part"));
}

// Cameras' clocks are set, jump, stand still. A file of such packets has them all, in order, and a sensible length.
TEST(Mp4Writer, OddTimesMakeNoUnplayableFile) {
  const Scratch scratch;
  const auto source = h264(scratch, 60, 12);
  const std::vector<std::pair<const char*, std::function<std::int64_t(std::size_t)>>> faults = {
      {"starts late", [](std::size_t) { return std::int64_t{86'400'000'000'000}; }},
      {"starts before zero", [](std::size_t) { return std::int64_t{-5'000'000}; }},
      {"stands still", [](std::size_t i) { return i == 20 ? std::int64_t{-40'000} : 0; }},
      {"goes back a little", [](std::size_t i) { return i >= 20 ? std::int64_t{-100'000} : 0; }},
      {"goes back an hour", [](std::size_t i) { return i >= 20 ? std::int64_t{-3'600'000'000} : 0; }},
      {"goes ahead a day", [](std::size_t i) { return i >= 20 ? std::int64_t{86'400'000'000} : 0; }},
      {"goes back and forth", [](std::size_t i) { return i % 2 == 1 ? std::int64_t{-100'000'000'000} : 0; }}};
  for (const auto& [what, shift] : faults) {
    SCOPED_TRACE(what);
    std::vector<MuxPacket> odd = source;
    for (std::size_t i = 0; i < odd.size(); ++i) {
      odd[i].pts_us += shift(i);
      odd[i].dts_us += shift(i);
    }
    const auto path = scratch / (std::string(what) + ".mp4");
    record(path, odd);
    const auto recorded = load(path);
    ASSERT_EQ(recorded.size(), source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
      EXPECT_EQ(pictures_of(recorded[i]), pictures_of(source[i]));
      if (i > 0) EXPECT_GT(recorded[i].dts_us, recorded[i - 1].dts_us);
      EXPECT_GE(recorded[i].pts_us, recorded[i].dts_us);
    }
    EXPECT_EQ(recorded[0].dts_us, 0);
    EXPECT_GT(recorded.back().dts_us, 2'000'000);
    EXPECT_LT(recorded.back().dts_us, 3'000'000);
  }
}

TEST(Mp4Writer, AWholeFileTellsWherePlayersCanBegin) {
  const Scratch scratch;
  const auto source = h264(scratch, 100, 25);
  record(scratch / "out.mp4", source);
  const auto file = test::read_file(scratch / "out.mp4");
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(file.at(at + i));
    return value;
  };
  const auto is = [&](std::size_t at, std::string_view type) {
    return std::equal(type.begin(), type.end(), file.begin() + static_cast<std::ptrdiff_t>(at) + 4,
                      [](char c, std::byte b) { return static_cast<std::byte>(c) == b; });
  };
  std::size_t at = 0;
  while (!is(at, "sidx")) ASSERT_LT(at += number(at), file.size()) << "no index";
  std::size_t fragment = at + FragmentIndex::reserved_bytes;
  std::uint32_t ticks = 0;
  ASSERT_EQ(number(at + 36), 4u) << "one entry a group of pictures";
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(is(fragment, "moof")) << i;
    fragment += number(at + 40 + 12 * i);
    ticks += number(at + 44 + 12 * i);
  }
  EXPECT_EQ(fragment, file.size());
  EXPECT_EQ(ticks, 4u * 90'000);
}

TEST(Mp4Writer, PicturesThatAreAllKeysAreNotAFragmentEach) {
  const Scratch scratch;
  const auto source = h264(scratch, 60, 1);
  record(scratch / "out.mp4", source);
  const auto file = test::read_file(scratch / "out.mp4");
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  std::size_t fragments = 0;
  for (std::size_t at = 0; (at = text.find("moof", at)) != text.npos; ++at) ++fragments;
  EXPECT_GE(fragments, 2u);
  EXPECT_LE(fragments, 5u) << "half a second each";
  expect_same(load(scratch / "out.mp4"), source);
}

// A camera that sends a key once a minute neither fills memory nor loses a minute in a crash.
TEST(Mp4Writer, LongGroupsOfPicturesReachTheDiskInPieces) {
  const Scratch scratch;
  auto source = h264(scratch, 120, 1000);
  for (std::size_t i = 0; i < source.size(); ++i) {
    source[i].pts_us *= 10;
    source[i].dts_us *= 10;
  }
  const auto writer = open_writer(scratch / "out.mp4", source[0]);
  const std::uint64_t empty = writer->bytes();
  for (const MuxPacket& packet : source) ASSERT_TRUE(writer->write(packet));
  EXPECT_GT(writer->bytes(), empty);
  EXPECT_GT(writer->whole_packets(), source.size() / 2);
  ASSERT_TRUE(writer->close());
  expect_same(load(scratch / "out.mp4"), source);
}

TEST(Mp4Writer, WhatACrashLeavesPlaysUpToItsLastFragment) {
  const Scratch scratch;
  const auto source = h264(scratch, 120, 20);
  const auto writer = open_writer(scratch / "out.mp4", source[0]);
  for (const MuxPacket& packet : source) ASSERT_TRUE(writer->write(packet));
  std::filesystem::copy_file(scratch / "out.mp4.part", scratch / "crash.mp4");
  const auto recorded = load(scratch / "crash.mp4");
  EXPECT_EQ(recorded.size(), 100u) << "all but the last group";
  expect_beginning(recorded, source);
}

TEST(Mp4Writer, AFullDiskKeepsWhatIsWhole) {
  const Scratch scratch;
  const auto source = h264(scratch, 120, 20);
  const std::uint64_t full = record(scratch / "full.mp4", source);
  for (const std::uint64_t limit : {full / 3, full / 2, full - 100}) {
    SCOPED_TRACE(limit);
    const auto path = scratch / (std::to_string(limit) + ".mp4");
    const auto writer = open_writer(path, source[0]);
    {
      const test::FileSizeLimit no_more(limit);
      std::optional<Error> error;
      for (const MuxPacket& packet : source) {
        if (const auto written = writer->write(packet); !written) error = written.error();
      }
      if (limit < full - 1000) {
        ASSERT_TRUE(error);
        EXPECT_EQ(error->code, Code::exhausted) << error->line();
      }
      const auto closed = writer->close();
      ASSERT_TRUE(closed) << closed.error().line();
      EXPECT_LE(*closed, limit);
    }
    const auto recorded = load(path);
    EXPECT_EQ(recorded.size(), writer->whole_packets());
    EXPECT_EQ(recorded.size() % 20, 0u);
    expect_beginning(recorded, source);
  }
  const test::FileSizeLimit no_more(100);
  const auto writer = Mp4Writer::open(scratch / "none.mp4", *source[0].info);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, Code::exhausted) << writer.error().line();
  EXPECT_FALSE(std::filesystem::exists(scratch / "none.mp4.part"));
}

}  // namespace
}  // namespace weir::media
