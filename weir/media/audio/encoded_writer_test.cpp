// What Opus and MP3 make of speech: by libsndfile, and by ffmpeg and ffprobe, which know nothing of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <random>
#include <vector>

#include "tests/support/process.hpp"
#include "weir/media/audio/sound_writer.hpp"
#include "weir/media/audio/test_sounds.hpp"
#include "weir/media/files/test_files.hpp"

namespace weir::media {
namespace {

using test::Scratch;

// Silence, then bursts of noise like a voice's, the same in each channel.
std::vector<std::int16_t> bursts(int rate_hz, int channels, int frames) {
  std::mt19937 random(7);
  std::normal_distribution<double> even(0, 4000);
  std::vector<std::int16_t> samples;
  double low = 0;
  for (int i = 0; i < frames; ++i) {
    low += 0.3 * (even(random) - low);
    const bool loud = i % rate_hz > rate_hz / 3 && i % rate_hz < rate_hz / 3 * 2;
    samples.insert(samples.end(), static_cast<std::size_t>(channels), static_cast<std::int16_t>(loud ? 2 * low : 0));
  }
  return samples;
}

std::vector<std::int16_t> decoded_by_ffmpeg(const std::filesystem::path& path, int rate_hz) {
  const auto raw = std::filesystem::path(path).replace_extension(".raw");
  const auto done = weir::test::run(
      {{"ffmpeg", "-v", "error", "-y", "-i", path, "-ar", std::to_string(rate_hz), "-f", "s16le", raw}});
  EXPECT_TRUE(done.ok()) << done.line();
  const auto bytes = test::read_file(raw);
  std::vector<std::int16_t> samples(bytes.size() / 2);
  if (!samples.empty()) std::memcpy(samples.data(), bytes.data(), samples.size() * 2);
  return samples;
}

// By how many frames the second is late: where both are most alike.
template <class A, class B>
int lag(const std::vector<A>& first, const std::vector<B>& second, int channels, int most) {
  double best = -1;
  int found = 0;
  const int frames = static_cast<int>(std::min(first.size(), second.size())) / channels;
  for (int by = -most; by <= most; ++by) {
    double alike = 0;
    for (int i = most; i < frames - most; ++i) {
      alike += static_cast<double>(first[static_cast<std::size_t>(i * channels)]) *
               static_cast<double>(second[static_cast<std::size_t>((i + by) * channels)]);
    }
    if (alike > best) {
      best = alike;
      found = by;
    }
  }
  return found;
}

template <class T>
double energy(const std::vector<T>& samples, double full_scale) {
  double sum = 0;
  for (const T value : samples) sum += std::pow(static_cast<double>(value) / full_scale, 2);
  return sum;
}

struct Kind {
  const char* file;
  int rate_hz, channels;
  double kbit;
};
class EveryEncoding : public testing::TestWithParam<Kind> {};

TEST_P(EveryEncoding, ComesBackWithItsLengthInItsPlace) {
  const Scratch scratch;
  const auto& [file, rate_hz, channels, kbit] = GetParam();
  for (const bool as_floats : {false, true}) {
    const int frames = 3 * rate_hz + 17;
    const auto samples = bursts(rate_hz, channels, frames);
    const auto path = scratch / file;
    auto writer = SoundWriter::create(path, {rate_hz, channels, SampleFormat::int16});
    ASSERT_TRUE(writer) << writer.error().line();
    if (as_floats) {
      std::vector<float> floats(samples.begin(), samples.end());
      for (float& value : floats) value /= 32'768;
      ASSERT_TRUE((*writer)->write(floats.data(), frames));
    } else {
      ASSERT_TRUE((*writer)->write(samples.data(), 999));
      ASSERT_TRUE((*writer)->write(samples.data() + 999 * channels, frames - 999));
    }
    ASSERT_TRUE((*writer)->commit());

    const auto back = test::read_all(path);
    EXPECT_EQ(back.rate_hz, rate_hz);
    ASSERT_EQ(back.channels, channels);
    EXPECT_EQ(back.frames(), frames);
    EXPECT_NEAR(lag(samples, back.samples, channels, 200), 0, 3);
    EXPECT_NEAR(energy(back.samples, 1) / energy(samples, 32'768), 1, 0.25);

    const auto others = decoded_by_ffmpeg(path, rate_hz);
    EXPECT_EQ(std::ssize(others) / channels, frames);
    EXPECT_NEAR(lag(samples, others, channels, 200), 0, 3);
    EXPECT_NEAR(energy(others, 32'768) / energy(samples, 32'768), 1, 0.25);
    const double bits = 8.0 * static_cast<double>(std::filesystem::file_size(path)) * rate_hz / frames;
    EXPECT_LT(bits, kbit * 1000 * 1.2);
  }
}

INSTANTIATE_TEST_SUITE_P(EncodedWriter, EveryEncoding,
                         testing::Values(Kind{"a.opus", 8'000, 1, 32}, Kind{"a.opus", 12'000, 1, 32},
                                         Kind{"a.opus", 16'000, 1, 32}, Kind{"a.opus", 24'000, 1, 32},
                                         Kind{"a.OPUS", 48'000, 2, 64}, Kind{"a.mp3", 8'000, 1, 64},
                                         Kind{"a.mp3", 16'000, 1, 64}, Kind{"a.mp3", 22'050, 1, 64},
                                         Kind{"a.mp3", 24'000, 2, 128}, Kind{"a.mp3", 48'000, 1, 64},
                                         Kind{"a.MP3", 44'100, 2, 128}));

TEST(EncodedWriter, SaysWhichRatesThereAre) {
  const Scratch scratch;
  const auto opus = SoundWriter::create(scratch / "a.opus", {22'050, 1});
  ASSERT_FALSE(opus);
  EXPECT_NE(opus.error().line().find("24000"), std::string::npos) << opus.error().line();
  const auto mp3 = SoundWriter::create(scratch / "a.mp3", {96'000, 1});
  ASSERT_FALSE(mp3);
  EXPECT_NE(mp3.error().line().find("44100"), std::string::npos) << mp3.error().line();
}

// Such a file would be one that nobody can open.
TEST(EncodedWriter, NothingIsNoSound) {
  const Scratch scratch;
  for (const char* name : {"a.opus", "a.mp3"}) {
    auto writer = SoundWriter::create(scratch / name, {24'000, 1});
    ASSERT_TRUE(writer) << writer.error().line();
    const auto done = (*writer)->commit();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Code::invalid);
  }
  EXPECT_TRUE(std::filesystem::is_empty(scratch / ""));
}

}  // namespace
}  // namespace weir::media
