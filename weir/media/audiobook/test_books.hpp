// What the tests of audiobooks make and look at.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "weir/media/audiobook/audiobook.hpp"

namespace weir::media::test {

// A third of silence, a third of noise like a voice's, and so on, each second; the same in each channel.
inline std::vector<std::int16_t> speech(int rate_hz, int channels, int frames) {
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

// A picture of one grey point, as PNG: enough for players, and for a comparison.
inline std::vector<std::byte> small_png() {
  constexpr unsigned char bytes[] = {0x89, 'P',  'N',  'G',  0x0D, 0x0A, 0x1A, 0x0A, 0,    0,    0,    0x0D, 'I',  'H',
                                     'D',  'R',  0,    0,    0,    1,    0,    0,    0,    1,    8,    0,    0,    0,
                                     0,    0x3A, 0x7E, 0x9B, 0x55, 0,    0,    0,    0x0A, 'I',  'D',  'A',  'T',  0x78,
                                     0x9C, 0x63, 0x68, 0,    0,    0,    0x82, 0,    0x81, 0x77, 0xCD, 0x72, 0xB6, 0,
                                     0,    0,    0,    'I',  'E',  'N',  'D',  0xAE, 0x42, 0x60, 0x82};
  std::vector<std::byte> png(sizeof bytes);
  std::memcpy(png.data(), bytes, sizeof bytes);
  return png;
}

}  // namespace weir::media::test
