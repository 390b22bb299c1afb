#include "weir/media/audio/sound_writer.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sndfile.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "weir/media/audio/sound_outputs.hpp"
#include "weir/media/audio/sound_reader.hpp"
#include "weir/media/audio/test_sounds.hpp"
#include "weir/media/audio/wav_header.hpp"
#include "weir/media/files/test_files.hpp"

namespace weir::media {
namespace {

using test::Scratch;
using test::Sound;

void write(const std::filesystem::path& path, const Sound& sound, SampleFormat samples, std::uint32_t mask = 0) {
  auto writer = SoundWriter::create(path, {sound.rate_hz, sound.channels, samples, mask});
  ASSERT_TRUE(writer) << writer.error().line();
  ASSERT_TRUE((*writer)->write(sound.samples.data(), sound.frames()));
  const auto done = (*writer)->commit();
  ASSERT_TRUE(done) << done.error().line();
  EXPECT_EQ((*writer)->frames(), static_cast<std::uint64_t>(sound.frames()));
}

struct Kind {
  const char* file;
  SampleFormat samples;
  double step;  // 0: exact
};

class EveryWrittenFormat : public testing::TestWithParam<Kind> {};

TEST_P(EveryWrittenFormat, ComesBackWithinADitheredStep) {
  const Scratch scratch;
  for (const int channels : {1, 2, 6, 8}) {
    const Sound sound = test::tones(44'100, channels, 5001);
    write(scratch / GetParam().file, sound, GetParam().samples, wav_mask(default_layout(channels).value()));
    const Sound back = test::read_all(scratch / GetParam().file);
    EXPECT_EQ(back.rate_hz, 44'100);
    ASSERT_EQ(back.channels, channels);
    ASSERT_EQ(back.frames(), 5001);
    EXPECT_EQ(back.layout, default_layout(channels)->name);
    EXPECT_FALSE(back.truncated);
    for (std::size_t i = 0; i < sound.samples.size(); ++i) {
      ASSERT_LE(std::fabs(back.samples[i] - sound.samples[i]), 1.5 * GetParam().step) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(SoundWriter, EveryWrittenFormat,
                         testing::Values(Kind{"a.wav", SampleFormat::int16, 1.0 / 32768},
                                         Kind{"a.wav", SampleFormat::int24, 1.0 / 8388608},
                                         Kind{"a.WAV", SampleFormat::int32, 1.0 / 16777216},
                                         Kind{"a.wav", SampleFormat::float32, 0},
                                         Kind{"a.flac", SampleFormat::int16, 1.0 / 32768},
                                         Kind{"a.flac", SampleFormat::int24, 1.0 / 8388608}));

TEST_P(EveryWrittenFormat, KeepsSixteenBitsExactly) {
  const Scratch scratch;
  for (const int channels : {1, 2}) {
    std::vector<std::int16_t> samples;
    for (int value = -32'768; value < 32'768; ++value) samples.push_back(static_cast<std::int16_t>(value * 257));
    const auto frames = static_cast<std::int64_t>(samples.size()) / channels;
    auto writer = SoundWriter::create(scratch / GetParam().file, {22'050, channels, GetParam().samples});
    ASSERT_TRUE(writer) << writer.error().line();
    ASSERT_TRUE((*writer)->write(samples.data(), 1000));
    ASSERT_TRUE((*writer)->write(samples.data() + 1000 * channels, frames - 1000));
    ASSERT_TRUE((*writer)->commit());
    EXPECT_EQ((*writer)->frames(), static_cast<std::uint64_t>(frames));
    const Sound back = test::read_all(scratch / GetParam().file);
    ASSERT_EQ(back.samples.size(), samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) ASSERT_EQ(back.samples[i] * 32'768, samples[i]) << i;
  }
}

// Read by libsndfile itself, which is strict about what it is given.
TEST(SoundWriter, OthersReadWhatItWrites) {
  const Scratch scratch;
  const Sound sound = test::tones(48'000, 2, 777);
  for (const auto& [samples, subtype] : {std::pair{SampleFormat::int16, SF_FORMAT_PCM_16},
                                         {SampleFormat::int24, SF_FORMAT_PCM_24},
                                         {SampleFormat::int32, SF_FORMAT_PCM_32},
                                         {SampleFormat::float32, SF_FORMAT_FLOAT}}) {
    write(scratch / "a.wav", sound, samples);
    SF_INFO about{};
    SNDFILE* file = ::sf_open((scratch / "a.wav").c_str(), SFM_READ, &about);
    ASSERT_NE(file, nullptr) << ::sf_strerror(nullptr);
    EXPECT_EQ(about.format, SF_FORMAT_WAV | subtype) << "two channels are plain WAV";
    EXPECT_EQ(about.frames, 777);
    ::sf_close(file);
  }
}

TEST(SoundWriter, AnOddNumberOfBytesIsPadded) {
  const Scratch scratch;
  write(scratch / "a.wav", test::tones(8000, 1, 3), SampleFormat::int24);
  EXPECT_EQ(std::filesystem::file_size(scratch / "a.wav") % 2, 0u);
  EXPECT_EQ(test::read_all(scratch / "a.wav").frames(), 3);
}

TEST(SoundWriter, CountsWhatClips) {
  const Scratch scratch;
  auto writer = SoundWriter::create(scratch / "a.wav", {48'000, 2, SampleFormat::int16});
  ASSERT_TRUE(writer);
  const std::array<float, 6> samples = {0.5F, 1.25F, -3, 1, std::numeric_limits<float>::quiet_NaN(), -1};
  ASSERT_TRUE((*writer)->write(samples.data(), 3));
  EXPECT_EQ((*writer)->clipped(), 2u);
  EXPECT_EQ((*writer)->not_finite(), 1u);
  EXPECT_EQ((*writer)->peak(), 3);
  ASSERT_TRUE((*writer)->commit());
  const Sound back = test::read_all(scratch / "a.wav");
  for (const float sample : back.samples) EXPECT_LE(std::fabs(sample), 1);
  EXPECT_NEAR(back.samples[1], 1, 1e-4);
  EXPECT_EQ(back.samples[2], -1);
}

TEST(SoundWriter, TheOldFileStaysUntilTheNewOneIsWhole) {
  const Scratch scratch;
  for (const char* name : {"a.wav", "a.flac", "a.opus", "a.mp3"}) {
    const Sound old_sound = test::tones(8000, 2, 100), new_sound = test::tones(8000, 2, 3000);
    write(scratch / name, old_sound, SampleFormat::int16);
    const auto before = test::read_file(scratch / name);
    {
      auto abandoned = SoundWriter::create(scratch / name, {8000, 2, SampleFormat::int16});
      ASSERT_TRUE(abandoned);
      ASSERT_TRUE((*abandoned)->write(new_sound.samples.data(), new_sound.frames()));
      EXPECT_EQ(test::read_file(scratch / name), before);
    }
    EXPECT_EQ(test::read_file(scratch / name), before);
    EXPECT_FALSE(std::filesystem::exists(scratch / (std::string(name) + ".part")));
    write(scratch / name, new_sound, SampleFormat::int16);
    EXPECT_EQ(test::read_all(scratch / name).frames(), 3000);
  }
}

TEST(SoundWriter, AFullDiskIsAnErrorAndLeavesTheOldFile) {
  const Scratch scratch;
  const Sound sound = test::noise(48'000, 2, 100'000);
  for (const char* name : {"a.wav", "a.flac", "a.opus", "a.mp3"}) {
    write(scratch / name, test::tones(8000, 2, 100), SampleFormat::int16);
    const auto before = test::read_file(scratch / name);
    {
      const test::FileSizeLimit limit(10'000);
      auto writer = SoundWriter::create(scratch / name, {48'000, 2, SampleFormat::int16});
      ASSERT_TRUE(writer);
      Result<void> written = (*writer)->write(sound.samples.data(), sound.frames());
      if (written) written = (*writer)->commit();
      ASSERT_FALSE(written);
      EXPECT_EQ(written.error().code, Code::exhausted) << written.error().line();
    }
    EXPECT_EQ(test::read_file(scratch / name), before);
    EXPECT_FALSE(std::filesystem::exists(scratch / (std::string(name) + ".part")));
  }
  auto full = SoundWriter::create("/dev/full", {48'000, 2, SampleFormat::int16});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, Code::exhausted) << full.error().line();
}

TEST(SoundWriter, ALinkLeadsToTheFileThatIsReplaced) {
  const Scratch scratch;
  write(scratch / "real.wav", test::tones(8000, 1, 10), SampleFormat::int16);
  std::filesystem::create_symlink(scratch / "real.wav", scratch / "link.wav");
  write(scratch / "link.wav", test::tones(8000, 1, 20), SampleFormat::int16);
  EXPECT_TRUE(std::filesystem::is_symlink(scratch / "link.wav"));
  EXPECT_EQ(test::read_all(scratch / "real.wav").frames(), 20);
}

TEST(SoundWriter, RefusesWhatItCannotWrite) {
  const Scratch scratch;
  const auto code = [&](const std::string& name, const SoundFormat& format) {
    const auto writer = SoundWriter::create(scratch / name, format);
    return writer ? Code::failed : writer.error().code;
  };
  EXPECT_EQ(code("a.aac", {}), Code::invalid);
  EXPECT_EQ(code("a.opus", {.rate_hz = 22'050}), Code::invalid);
  EXPECT_EQ(code("a.mp3", {.rate_hz = 96'000}), Code::invalid);
  EXPECT_EQ(code("a.opus", {.channels = 3}), Code::invalid);
  EXPECT_EQ(code("a.mp3", {.channels = 6}), Code::invalid);
  EXPECT_EQ(code("a", {}), Code::invalid);
  EXPECT_EQ(code("a.flac", {.samples = SampleFormat::float32}), Code::invalid);
  EXPECT_EQ(code("a.flac", {.channels = 9}), Code::invalid);
  EXPECT_EQ(code("a.wav", {.channels = 0}), Code::invalid);
  EXPECT_EQ(code("a.wav", {.channels = 65}), Code::invalid);
  EXPECT_EQ(code("a.wav", {.rate_hz = 0}), Code::invalid);
  EXPECT_EQ(code("none/a.wav", {}), Code::not_found);
  std::filesystem::create_directory(scratch / "folder.wav");
  EXPECT_EQ(code("folder.wav", {}), Code::invalid);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch / ""), {}), 1);
}

// Nothing of 4 GiB touches a disk: what is appended is only counted.
class Counting final : public ByteOutput {
 public:
  explicit Counting(std::vector<std::byte>& head, std::uint64_t& bytes) : head_(head), bytes_(bytes) {}
  Result<void> append(std::span<const std::byte> bytes) override {
    bytes_ += bytes.size();
    return {};
  }
  Result<void> overwrite_head(std::span<const std::byte> bytes) override {
    head_.assign(bytes.begin(), bytes.end());
    return {};
  }
  Result<void> commit() override { return {}; }

 private:
  std::vector<std::byte>& head_;
  std::uint64_t& bytes_;
};

TEST(SoundWriter, Beyond4GiBItIsRf64) {
  constexpr int channels = 64;
  constexpr std::uint64_t frame_bytes = 4 * channels;
  const std::vector<float> block(channels * 65'536);
  constexpr std::uint64_t frames = 17'000'000;
  std::vector<std::byte> head;
  std::uint64_t bytes = 0;
  auto writer = create_wav(std::make_unique<Counting>(head, bytes), {48'000, channels, SampleFormat::float32});
  ASSERT_TRUE(writer);
  for (std::uint64_t done = 0; done < frames;) {
    const std::uint64_t some = std::min<std::uint64_t>(frames - done, 65'536);
    ASSERT_TRUE((*writer)->write(block.data(), static_cast<std::int64_t>(some)));
    done += some;
  }
  ASSERT_TRUE((*writer)->commit());
  EXPECT_EQ(std::memcmp(head.data(), "RF64", 4), 0);
  EXPECT_EQ(bytes, head.size() + frames * frame_bytes);

  // And it is read: a file of that length with a hole where the samples would be.
  const Scratch scratch;
  test::write_file(scratch / "large.wav", head);
  std::filesystem::resize_file(scratch / "large.wav", bytes);
  auto reader = SoundReader::open(scratch / "large.wav");
  ASSERT_TRUE(reader) << reader.error().line();
  EXPECT_EQ((*reader)->info().frames, frames);
  EXPECT_EQ((*reader)->info().channels, channels);
  std::vector<float> some(channels * 100, 1.0F);
  EXPECT_EQ((*reader)->read(some.data(), 100).value_or(-1), 100);
  EXPECT_EQ(some, std::vector<float>(channels * 100));
}

TEST(SoundWriter, ToAPipeAndBack) {
  const Scratch scratch;
  const Sound sound = test::tones(48'000, 6, 40'000);
  const auto fifo = scratch / "pipe";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  for (const SampleFormat samples : {SampleFormat::int16, SampleFormat::int24, SampleFormat::float32}) {
    std::thread writing([&] { write(fifo, sound, samples, wav_mask(default_layout(6).value())); });
    const Sound back = test::read_all(fifo);
    writing.join();
    EXPECT_EQ(back.frames(), sound.frames());
    EXPECT_EQ(back.layout, "5.1");
    EXPECT_FALSE(back.known_frames) << "a pipe's header cannot know";
    EXPECT_FALSE(back.truncated);
    for (std::size_t i = 0; i < sound.samples.size(); ++i) ASSERT_NEAR(back.samples[i], sound.samples[i], 1e-4);
  }
}

TEST(SoundWriter, APipeThatNobodyReadsIsAnError) {
  void (*former)(int) = ::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  ::close(ends[0]);
  const auto writer = create_wav(output_to(ends[1], true, "pipe"), {});
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, Code::closed);
  ::signal(SIGPIPE, former);
}

TEST(SoundWriter, StandardOutputThatIsAFileHasItsLength) {
  const Scratch scratch;
  const int file = ::open((scratch / "a.wav").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  ASSERT_EQ(::write(file, "before", 6), 6);
  const Sound sound = test::tones(8000, 2, 500);
  auto writer = create_wav(output_to(file, true, "standard output"), {8000, 2, SampleFormat::int16});
  ASSERT_TRUE(writer && (*writer)->write(sound.samples.data(), 500) && (*writer)->commit());
  auto bytes = test::read_file(scratch / "a.wav");
  bytes.erase(bytes.begin(), bytes.begin() + 6);
  test::write_file(scratch / "b.wav", bytes);
  const Sound back = test::read_all(scratch / "b.wav");
  EXPECT_EQ(back.frames(), 500);
  EXPECT_TRUE(back.known_frames);
}

}  // namespace
}  // namespace weir::media
