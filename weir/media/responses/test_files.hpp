// Files of responses for tests.
#pragma once

#include <sndfile.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace weir::media::test {

// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  static inline int count = 0;
  const std::filesystem::path path_ = std::filesystem::path(testing::TempDir()) /
                                      ("weir_responses_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
};

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

using Samples = std::vector<std::vector<float>>;  // of each track

inline void write_audio(const std::filesystem::path& path, const Samples& tracks, int rate_hz = 48000,
                        int format = SF_FORMAT_WAV | SF_FORMAT_FLOAT, const std::vector<int>& places = {}) {
  SF_INFO info{};
  info.samplerate = rate_hz, info.channels = static_cast<int>(tracks.size()), info.format = format;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  ASSERT_NE(file, nullptr) << path << ": " << sf_strerror(nullptr);
  if (!places.empty()) {
    std::vector<int> map = places;
    const int bytes = static_cast<int>(map.size() * sizeof(int));
    EXPECT_EQ(sf_command(file, SFC_SET_CHANNEL_MAP_INFO, map.data(), bytes), SF_TRUE);
  }
  std::vector<float> mixed;
  for (std::size_t i = 0; i < tracks[0].size(); ++i) {
    for (const auto& t : tracks) mixed.push_back(t[i]);
  }
  EXPECT_EQ(sf_writef_float(file, mixed.data(), static_cast<sf_count_t>(tracks[0].size())),
            static_cast<sf_count_t>(tracks[0].size()));
  sf_close(file);
}

// Track t has (t + 1) / 128 at sample 3 of 8: which track a response came from can be seen.
inline Samples numbered(int tracks) {
  Samples out;
  for (int t = 0; t < tracks; ++t) {
    out.emplace_back(8);
    out.back()[3] = static_cast<float>(t + 1) / 128;
  }
  return out;
}

// The track that numbered() samples came from.
inline int track_of(const std::vector<float>& samples) { return static_cast<int>(samples.at(3) * 128) - 1; }

}  // namespace weir::media::test
