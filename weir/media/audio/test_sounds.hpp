// Sounds that tests make for themselves, and read back.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "weir/media/audio/sound_reader.hpp"

namespace weir::media::test {

struct Sound {
  int rate_hz = 0, channels = 0;
  std::vector<float> samples = {};  // interleaved
  std::string layout = {};
  bool layout_is_from_file = false, known_frames = false, truncated = false;
  std::uint64_t not_finite = 0;
  std::string error = {};  // that ended it

  std::int64_t frames() const { return channels == 0 ? 0 : std::ssize(samples) / channels; }
};

// A tone of its own in each channel: 200 Hz, 300 Hz …
inline Sound tones(int rate_hz, int channels, int frames, float amplitude = 0.6F) {
  Sound sound{.rate_hz = rate_hz, .channels = channels};
  for (int i = 0; i < frames; ++i) {
    for (int channel = 0; channel < channels; ++channel) {
      const double angle = 2 * std::numbers::pi * (200 + 100 * channel) * i / rate_hz;
      sound.samples.push_back(amplitude * static_cast<float>(std::sin(angle)));
    }
  }
  return sound;
}

inline Sound noise(int rate_hz, int channels, int frames, std::uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> even(-0.9F, 0.9F);
  Sound sound{.rate_hz = rate_hz, .channels = channels};
  for (int i = 0; i < frames * channels; ++i) sound.samples.push_back(even(random));
  return sound;
}

inline Sound read_all(SoundReader& reader, int block = 1000) {
  const SoundInfo& info = reader.info();
  Sound sound{.rate_hz = info.rate_hz, .channels = info.channels};
  sound.layout = info.layout ? info.layout->name : "";
  sound.layout_is_from_file = info.layout_is_from_file;
  sound.known_frames = info.frames.has_value();
  std::vector<float> some(static_cast<std::size_t>(block * info.channels));
  while (true) {
    const auto read = reader.read(some.data(), block);
    if (!read) sound.error = read.error().line();
    if (!read || *read == 0) break;
    sound.samples.insert(sound.samples.end(), some.begin(), some.begin() + *read * info.channels);
  }
  sound.truncated = reader.truncated();
  sound.not_finite = reader.not_finite();
  return sound;
}

inline Sound read_all(const std::filesystem::path& path, int block = 1000) {
  auto reader = SoundReader::open(path);
  EXPECT_TRUE(reader) << reader.error().line();
  return reader ? read_all(**reader, block) : Sound{};
}

}  // namespace weir::media::test
