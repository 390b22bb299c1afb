// Two channels of test sound.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

namespace weir::equalize {

struct TestSound {
  std::vector<float> left, right;

  explicit TestSound(int frames) : left(static_cast<std::size_t>(frames)), right(left.size()) {}
  int frames() const { return static_cast<int>(left.size()); }
  bool operator==(const TestSound&) const = default;
};

inline TestSound noise(int frames, std::uint32_t seed, float deviation = 0.25F) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, deviation);
  TestSound sound(frames);
  for (float& sample : sound.left) sample = normal(random);
  for (float& sample : sound.right) sample = normal(random);
  return sound;
}

// The same in both channels.
inline TestSound sine(int frames, double frequency_hz, double rate_hz, float amplitude, double phase = 0) {
  TestSound sound(frames);
  for (int i = 0; i < frames; ++i) {
    const double angle = 2 * std::numbers::pi * frequency_hz * i / rate_hz + phase;
    sound.left[static_cast<std::size_t>(i)] = amplitude * static_cast<float>(std::sin(angle));
  }
  sound.right = sound.left;
  return sound;
}

}  // namespace weir::equalize
