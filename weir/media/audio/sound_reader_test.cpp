#include "weir/media/audio/sound_reader.hpp"

#include <fcntl.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/data.hpp"
#include "weir/media/audio/sound_inputs.hpp"
#include "weir/media/audio/sound_writer.hpp"
#include "weir/media/audio/test_sounds.hpp"
#include "weir/media/audio/wav_header.hpp"
#include "weir/media/files/test_files.hpp"

namespace weir::media {
namespace {

using test::Scratch;
using test::Sound;

// By libsndfile, so that formats are read that weir does not write.
void encode(const std::filesystem::path& path, int format, const Sound& sound) {
  SF_INFO about{};
  about.samplerate = sound.rate_hz;
  about.channels = sound.channels;
  about.format = format;
  SNDFILE* file = ::sf_open(path.c_str(), SFM_WRITE, &about);
  ASSERT_NE(file, nullptr) << ::sf_strerror(nullptr);
  // In pieces: the Vorbis encoder takes a whole file onto its stack.
  for (std::int64_t at = 0; at < sound.frames(); at += 1000) {
    ::sf_writef_float(file, sound.samples.data() + at * sound.channels,
                      std::min<std::int64_t>(1000, sound.frames() - at));
  }
  ASSERT_EQ(::sf_close(file), 0);
}

// Writes bytes into a pipe and reads the other end.
Sound through_pipe(const std::vector<std::byte>& bytes, int block = 1000) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  std::thread writing([&] {
    for (std::size_t at = 0; at < bytes.size();) {
      // Pieces that no frame fits into evenly.
      const ssize_t n = ::write(ends[1], bytes.data() + at, std::min<std::size_t>(bytes.size() - at, 977));
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
    ::close(ends[1]);
  });
  Sound sound;
  {
    auto reader = open_sound_pipe(InputFile(ends[0], false), "pipe");
    if (reader) {
      sound = test::read_all(**reader, block);
    } else {
      sound.error = reader.error().line();
    }
    std::array<char, 4096> rest{};
    while (::read(ends[0], rest.data(), rest.size()) > 0) {
    }
  }
  writing.join();
  ::close(ends[0]);
  return sound;
}

struct ReadKind {
  const char* file;
  int format;
  double error;
  bool lossy = false;
};

class EveryReadFormat : public testing::TestWithParam<ReadKind> {};

TEST_P(EveryReadFormat, IsReadInWavsOrder) {
  const Scratch scratch;
  const auto path = scratch / GetParam().file;
  const bool many = GetParam().format != (SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III);
  for (const int channels : many ? std::vector{1, 2, 6} : std::vector{1, 2}) {
    const Sound sound = test::tones(48'000, channels, 9600, 0.3F);
    encode(path, GetParam().format, sound);
    const Sound back = test::read_all(path);
    EXPECT_EQ(back.rate_hz, 48'000);
    ASSERT_EQ(back.channels, channels);
    EXPECT_EQ(back.layout, default_layout(channels)->name);
    EXPECT_EQ(back.error, "");
    EXPECT_FALSE(back.truncated);
    if (GetParam().lossy) {
      EXPECT_NEAR(static_cast<double>(back.frames()), 9600, 2400);
      continue;
    }
    ASSERT_EQ(back.frames(), 9600);
    for (std::size_t i = 0; i < sound.samples.size(); ++i) {
      ASSERT_NEAR(back.samples[i], sound.samples[i], GetParam().error) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(SoundReader, EveryReadFormat,
                         testing::Values(ReadKind{"a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 0.01},
                                         ReadKind{"b.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1e-4},
                                         ReadKind{"c.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 1e-6},
                                         ReadKind{"d.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_32, 1e-7},
                                         ReadKind{"e.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 0},
                                         ReadKind{"f.wav", SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 0},
                                         ReadKind{"g.wav", SF_FORMAT_WAVEX | SF_FORMAT_PCM_16, 1e-4},
                                         ReadKind{"h.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW, 0.02},
                                         ReadKind{"i.rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_24, 1e-6},
                                         ReadKind{"j.w64", SF_FORMAT_W64 | SF_FORMAT_PCM_16, 1e-4},
                                         ReadKind{"k.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 1e-4},
                                         ReadKind{"l.caf", SF_FORMAT_CAF | SF_FORMAT_PCM_24, 1e-6},
                                         ReadKind{"m.au", SF_FORMAT_AU | SF_FORMAT_PCM_16, 1e-4},
                                         ReadKind{"n.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1e-4},
                                         ReadKind{"o.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 1e-6},
                                         ReadKind{"p.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 0, true},
                                         ReadKind{"q.opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, 0, true},
                                         ReadKind{"r.mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 0, true}));

// How much of this frequency is in a channel.
double tone_in(const Sound& sound, int channel, double frequency_hz) {
  double sine = 0, cosine = 0;
  for (std::int64_t i = 0; i < sound.frames(); ++i) {
    const double angle = 2 * std::numbers::pi * frequency_hz * static_cast<double>(i) / sound.rate_hz;
    const auto at = static_cast<std::size_t>(i * sound.channels + channel);
    sine += sound.samples[at] * std::sin(angle), cosine += sound.samples[at] * std::cos(angle);
  }
  return 2 * std::hypot(sine, cosine) / static_cast<double>(sound.frames());
}

// libsndfile writes and reads these in the codec's order, which is Vorbis I's: so the k-th tone is in the k-th of
// these.
TEST(SoundReader, VorbisAndOpusComeInWavsOrder) {
  const std::vector<std::vector<Speaker>> orders = {
      {Speaker::FL, Speaker::FC, Speaker::FR},
      {Speaker::FL, Speaker::FR, Speaker::BL, Speaker::BR},
      {Speaker::FL, Speaker::FC, Speaker::FR, Speaker::BL, Speaker::BR},
      {Speaker::FL, Speaker::FC, Speaker::FR, Speaker::BL, Speaker::BR, Speaker::LFE},
      {Speaker::FL, Speaker::FC, Speaker::FR, Speaker::SL, Speaker::SR, Speaker::BC, Speaker::LFE},
      {Speaker::FL, Speaker::FC, Speaker::FR, Speaker::SL, Speaker::SR, Speaker::BL, Speaker::BR, Speaker::LFE}};
  const Scratch scratch;
  for (const auto& order : orders) {
    const int channels = static_cast<int>(order.size());
    // Deep ones, because the encoder takes what is high out of the LFE.
    Sound deep{.rate_hz = 48'000, .channels = channels};
    for (int i = 0; i < 48'000 * channels; ++i) {
      const int channel = i % channels, frame = i / channels;
      const double angle = 2 * std::numbers::pi * (30 + 10 * channel) * frame / 48'000;
      deep.samples.push_back(0.3F * static_cast<float>(std::sin(angle)));
    }
    encode(scratch / "a.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, deep);
    auto reader = SoundReader::open(scratch / "a.ogg");
    ASSERT_TRUE(reader);
    const Layout layout = (*reader)->info().layout.value();
    const Sound back = test::read_all(**reader);
    for (int k = 0; k < channels; ++k) {
      const auto channel = layout.channel_of(order[static_cast<std::size_t>(k)]);
      ASSERT_TRUE(channel) << layout.name;
      EXPECT_GT(tone_in(back, static_cast<int>(*channel), 30 + 10 * k), 0.2) << layout.name << " tone " << k;
    }
  }
}

// A recording in which each speaker is named in turn; the last to sound is the LFE, which in Vorbis is the last
// channel.
TEST(SoundReader, SpokenPositionsAreWhereTheyBelong) {
  const auto path = weir::test::data("audio/content/test_surround.ogg");
  if (!path) GTEST_SKIP() << weir::test::no_data("audio/content/test_surround.ogg");
  auto reader = SoundReader::open(*path);
  ASSERT_TRUE(reader);
  const Layout layout = (*reader)->info().layout.value();
  EXPECT_EQ(layout.name, "7.1");
  const Sound sound = test::read_all(**reader);
  const auto loudness = [&](Speaker speaker, double from_s, double to_s) {
    double sum = 0;
    for (auto i = static_cast<std::int64_t>(from_s * 48'000); i < static_cast<std::int64_t>(to_s * 48'000); ++i) {
      const auto at = static_cast<std::size_t>(i * 8) + layout.channel_of(speaker).value();
      sum += sound.samples[at] * sound.samples[at];
    }
    return sum;
  };
  for (const Speaker other : layout.channels) {
    if (other != Speaker::LFE) EXPECT_GT(loudness(Speaker::LFE, 11.3, 12.5), 20 * loudness(other, 11.3, 12.5));
    EXPECT_LE(loudness(Speaker::FC, 0, 12.6), loudness(other, 0, 12.6)) << "the voices are phantoms in between";
  }
}

TEST(SoundReader, AWavMaskNamesTheChannels) {
  const Scratch scratch;
  const auto layout_of = [&](const char* name) {
    const Layout layout = parse_layout(name).value();
    auto writer = SoundWriter::create(
        scratch / "a.wav", {48'000, static_cast<int>(layout.channels.size()), SampleFormat::int16, wav_mask(layout)});
    EXPECT_TRUE(writer && (*writer)->commit());
    return test::read_all(scratch / "a.wav");
  };
  for (const char* name : {"5.1(side)", "5.1", "7.1", "7.1.4", "FL,FR,FC,BC"}) {
    const Sound sound = layout_of(name);
    EXPECT_EQ(sound.layout, parse_layout(name)->name);
    EXPECT_TRUE(sound.layout_is_from_file);
  }
}

TEST(SoundReader, WithoutANameThereIsNoLayoutWhereNoneIsUsual) {
  const Scratch scratch;
  const auto written = [&](int channels, std::uint32_t mask) {
    auto writer = SoundWriter::create(scratch / "a.wav", {48'000, channels, SampleFormat::int16, mask});
    EXPECT_TRUE(writer && (*writer)->commit());
    auto reader = SoundReader::open(scratch / "a.wav");
    EXPECT_TRUE(reader);
    return (*reader)->info();
  };
  EXPECT_EQ(written(6, 0).layout->name, "5.1");
  EXPECT_FALSE(written(6, 0).layout_is_from_file);
  EXPECT_FALSE(written(9, 0).layout);
  EXPECT_FALSE(written(64, 0).layout);
  EXPECT_FALSE(written(6, 0x3).layout) << "a mask that does not fit is not guessed at";
}

TEST(SoundReader, FromAPipeAsFromTheFile) {
  const Scratch scratch;
  const Sound sound = test::tones(44'100, 3, 12'345);
  for (const int subtype :
       {SF_FORMAT_PCM_U8, SF_FORMAT_PCM_16, SF_FORMAT_PCM_24, SF_FORMAT_PCM_32, SF_FORMAT_FLOAT, SF_FORMAT_DOUBLE}) {
    for (const int container : {SF_FORMAT_WAV, SF_FORMAT_WAVEX, SF_FORMAT_RF64}) {
      encode(scratch / "a.wav", container | subtype, sound);
      const Sound file = test::read_all(scratch / "a.wav");
      for (const int block : {1, 1000, 5000}) {
        const Sound pipe = through_pipe(test::read_file(scratch / "a.wav"), block);
        EXPECT_EQ(pipe.error, "");
        EXPECT_EQ(pipe.rate_hz, 44'100);
        EXPECT_EQ(pipe.layout, file.layout);
        EXPECT_FALSE(pipe.truncated);
        ASSERT_EQ(pipe.samples, file.samples) << subtype << ' ' << container;
      }
    }
  }
}

TEST(SoundReader, WhatFollowsTheSamplesIsNoSound) {
  const Scratch scratch;
  encode(scratch / "a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, test::tones(8000, 2, 100));
  auto bytes = test::read_file(scratch / "a.wav");
  const auto end = bytes.size();
  bytes.resize(end + 5000, std::byte{0x55});
  EXPECT_EQ(through_pipe(bytes).frames(), 100);
}

TEST(SoundReader, OnlyWavFromAPipe) {
  const Scratch scratch;
  encode(scratch / "a.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, test::tones(8000, 2, 5000));
  EXPECT_THAT(through_pipe(test::read_file(scratch / "a.flac")).error, testing::HasSubstr("only WAV can be read"));
  encode(scratch / "a.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW, test::tones(8000, 2, 5000));
  EXPECT_THAT(through_pipe(test::read_file(scratch / "a.wav")).error, testing::HasSubstr("8 to 32 bit integers"));
  EXPECT_THAT(through_pipe({}).error, testing::HasSubstr("only WAV can be read"));
}

TEST(SoundReader, WhatIsCutShortSaysSo) {
  const Scratch scratch;
  const Sound sound = test::noise(48'000, 2, 50'000);
  struct Cut {
    const char* name;
    int format;
  };
  for (const auto& [name, format] :
       {Cut{"a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16}, Cut{"a.wav", SF_FORMAT_RF64 | SF_FORMAT_PCM_24},
        Cut{"a.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16}, Cut{"a.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS}}) {
    encode(scratch / name, format, sound);
    const Sound whole = test::read_all(scratch / name);
    EXPECT_FALSE(whole.truncated);
    for (const double share : {0.4, 0.7, 0.99}) {
      auto bytes = test::read_file(scratch / name);
      bytes.resize(static_cast<std::size_t>(static_cast<double>(bytes.size()) * share));
      test::write_file(scratch / "cut", bytes);
      const Sound cut = test::read_all(scratch / "cut");
      EXPECT_TRUE(cut.truncated || !cut.error.empty()) << name << ' ' << share;
      EXPECT_LT(cut.frames(), whole.frames());
      // Ogg's first page of sound may be longer than what is left.
      if (share > 0.5) EXPECT_GT(cut.frames(), 0) << name << ' ' << share;
      EXPECT_TRUE(std::equal(cut.samples.begin(), cut.samples.end(), whole.samples.begin())) << name << ' ' << share;
      if (format != (SF_FORMAT_WAV | SF_FORMAT_PCM_16)) continue;
      const Sound pipe = through_pipe(bytes);
      EXPECT_TRUE(pipe.truncated);
      EXPECT_TRUE(std::equal(pipe.samples.begin(), pipe.samples.end(), whole.samples.begin()));
    }
  }
}

TEST(SoundReader, WhatIsNoNumberIsCountedAndPassedOn) {
  const Scratch scratch;
  Sound sound = test::tones(8000, 2, 3000);
  sound.samples[17] = std::numeric_limits<float>::quiet_NaN();
  sound.samples[4000] = std::numeric_limits<float>::infinity();
  encode(scratch / "a.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, sound);
  const Sound back = test::read_all(scratch / "a.wav");
  EXPECT_EQ(back.not_finite, 2u);
  EXPECT_TRUE(std::isnan(back.samples[17]));
}

TEST(SoundReader, RefusesWhatItCannotRead) {
  const Scratch scratch;
  const auto error = [](const std::filesystem::path& path) {
    const auto reader = SoundReader::open(path);
    return reader ? Error{.code = Code::cancelled} : reader.error();
  };
  EXPECT_EQ(error(scratch / "none.wav").code, Code::not_found);
  EXPECT_EQ(error(scratch / "").code, Code::invalid);
  test::write_file(scratch / "text.wav", std::vector<std::byte>(5000, std::byte{'x'}));
  EXPECT_EQ(error(scratch / "text.wav").code, Code::unsupported);
  test::write_file(scratch / "empty.wav", {});
  EXPECT_NE(error(scratch / "empty.wav").code, Code::cancelled);
  for (const auto& [channels, rate_hz] : {std::pair{65, 48'000U}, {2, 768'001U}}) {
    WavHeader header;
    header.coding = WavHeader::Coding::integer;
    header.bits = 16, header.channels = channels, header.rate_hz = rate_hz;
    header.data_bytes = static_cast<std::uint64_t>(channels) * 200;
    auto bytes = make_wav_header(header);
    bytes.resize(bytes.size() + *header.data_bytes);
    test::write_file(scratch / "a.wav", bytes);
    EXPECT_EQ(error(scratch / "a.wav").code, Code::unsupported);
    EXPECT_THAT(through_pipe(bytes).error, testing::HasSubstr("here"));
  }
}

// The sum of a byte or two that FLAC's frames carry, by polynomial.
unsigned flac_sum(std::span<const std::byte> bytes, int bits, unsigned polynomial) {
  unsigned sum = 0;
  const unsigned top = 1U << (bits - 1), all = (1U << bits) - 1;
  for (const std::byte byte : bytes) {
    sum ^= std::to_integer<unsigned>(byte) << (bits - 8);
    for (int bit = 0; bit < 8; ++bit) sum = ((sum & top) != 0 ? sum << 1 ^ polynomial : sum << 1) & all;
  }
  return sum;
}

// Where the frames of a FLAC begin: marks of a fixed size with a number below 128, which are six bytes.
std::vector<std::size_t> flac_frames(const std::vector<std::byte>& bytes) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i + 6 < bytes.size(); ++i) {
    const bool mark = bytes[i] == std::byte{0xFF} && bytes[i + 1] == std::byte{0xF8};
    if (mark && bytes[i + 4] == static_cast<std::byte>(found.size()) &&
        flac_sum(std::span(bytes).subspan(i, 5), 8, 0x07) == std::to_integer<unsigned>(bytes[i + 5])) {
      found.push_back(i);
    }
  }
  found.push_back(bytes.size());
  return found;
}

TEST(SoundReader, ARateThatChangesMidwayEndsIt) {
  const Scratch scratch;
  encode(scratch / "a.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, test::noise(48'000, 2, 4096 * 20));
  auto bytes = test::read_file(scratch / "a.flac");
  const auto frames = flac_frames(bytes);
  ASSERT_EQ(frames.size(), 21u);
  EXPECT_EQ(test::read_all(scratch / "a.flac").frames(), 4096 * 20);
  for (std::size_t frame = 7; frame < 20; ++frame) {
    const std::size_t from = frames[frame], size = frames[frame + 1] - from;
    ASSERT_EQ(bytes[from + 2] & std::byte{0x0F}, std::byte{10}) << "48 kHz";
    bytes[from + 2] = (bytes[from + 2] & std::byte{0xF0}) | std::byte{9};  // 44.1 kHz
    bytes[from + 5] = static_cast<std::byte>(flac_sum(std::span(bytes).subspan(from, 5), 8, 0x07));
    const unsigned sum = flac_sum(std::span(bytes).subspan(from, size - 2), 16, 0x8005);
    bytes[from + size - 2] = static_cast<std::byte>(sum >> 8);
    bytes[from + size - 1] = static_cast<std::byte>(sum & 0xFF);
  }
  test::write_file(scratch / "b.flac", bytes);
  for (const int block : {100, 4096 * 7, 100'000}) {
    const Sound sound = test::read_all(scratch / "b.flac", block);
    EXPECT_THAT(sound.error, testing::HasSubstr("sample rate changes midway"));
    EXPECT_EQ(sound.frames(), 4096 * 7);
  }
}

TEST(SoundReader, ARealRateThatChangesMidwayEndsIt) {
  const auto path = weir::test::data("audio/content/flac_uncommon_01_-_changing_samplerate.flac");
  if (!path) GTEST_SKIP() << weir::test::no_data("audio/content/flac_uncommon_01_-_changing_samplerate.flac");
  for (const int block : {1000, 163'840, 400'000}) {
    const Sound sound = test::read_all(*path, block);
    EXPECT_THAT(sound.error, testing::HasSubstr("sample rate changes midway"));
    EXPECT_EQ(sound.frames(), 163'840);
  }
}

TEST(SoundReader, ChannelsThatChangeMidwayEndIt) {
  const auto path = weir::test::data("audio/content/flac_uncommon_03_-_decreasing_number_of_channels.flac");
  if (!path) GTEST_SKIP() << weir::test::no_data("audio/content/flac_uncommon_03_-_decreasing_number_of_channels.flac");
  const Sound sound = test::read_all(*path);
  EXPECT_THAT(sound.error, testing::HasSubstr("channel"));
  EXPECT_EQ(sound.channels, 4);
}

TEST(SoundReader, MalformedFilesAreErrorsOrFinite) {
  for (const char* folder : {"bad/wav", "bad/flac"}) {
    const auto path = weir::test::data(folder);
    if (!path) GTEST_SKIP() << weir::test::no_data(folder);
    for (const auto& entry : std::filesystem::directory_iterator(*path)) {
      auto reader = SoundReader::open(entry.path());
      if (!reader) {
        EXPECT_EQ(reader.error().line().find('\n'), std::string::npos);
        continue;
      }
      const Sound sound = test::read_all(**reader);
      for (const float sample : sound.samples) ASSERT_LE(std::fabs(sample), 4) << entry.path();
    }
  }
}

}  // namespace
}  // namespace weir::media

#if defined(__SANITIZE_ADDRESS__)
// libsndfile's Vorbis encoder keeps a few kilobytes of each file it closes; only tests encode with it.
extern "C" const char* __lsan_default_suppressions() { return "leak:libvorbisenc\n"; }
#endif
