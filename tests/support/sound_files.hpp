// Sound files for tests, through libsndfile alone: what weir reads and writes is not checked by weir itself.
#pragma once

#include <sndfile.h>

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir::test {

struct Sound {
  int rate_hz = 48000;
  int channels = 2;
  std::vector<float> samples;  // [frames][channels]
  int format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;

  std::size_t frames() const { return samples.size() / static_cast<std::size_t>(channels); }
  float at(std::size_t frame, std::size_t channel) const {
    return samples[frame * static_cast<std::size_t>(channels) + channel];
  }
};

// `channel_map`: SF_CHANNEL_MAP_…; empty: none.
inline std::string write_sound(const std::filesystem::path& path, const Sound& sound,
                               std::vector<int> channel_map = {}) {
  SF_INFO info{};
  info.samplerate = sound.rate_hz;
  info.channels = sound.channels;
  info.format = channel_map.empty() ? sound.format : (sound.format & SF_FORMAT_SUBMASK) | SF_FORMAT_WAVEX;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  if (file == nullptr) throw std::runtime_error(sf_strerror(nullptr));
  if (!channel_map.empty()) {
    sf_command(file, SFC_SET_CHANNEL_MAP_INFO, channel_map.data(), static_cast<int>(channel_map.size() * sizeof(int)));
  }
  const auto frames = static_cast<sf_count_t>(sound.frames());
  const bool whole = sf_writef_float(file, sound.samples.data(), frames) == frames;
  if (sf_close(file) != 0 || !whole) throw std::runtime_error("a sound file was not written");
  return path.string();
}

inline Sound read_sound(const std::filesystem::path& path) {
  SF_INFO info{};
  SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
  if (file == nullptr) throw std::runtime_error(path.string() + ": " + sf_strerror(nullptr));
  Sound sound{info.samplerate, info.channels, {}, info.format};
  std::vector<float> part(4096 * static_cast<std::size_t>(info.channels));
  for (sf_count_t got = 0; (got = sf_readf_float(file, part.data(), 4096)) > 0;) {
    sound.samples.insert(sound.samples.end(), part.begin(), part.begin() + got * info.channels);
  }
  sf_close(file);
  return sound;
}

}  // namespace weir::test
