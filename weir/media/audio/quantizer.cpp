#include "weir/media/audio/quantizer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace weir::media {

Quantizer::Quantizer(int bits) noexcept
    : scale_(bits == 0 ? 1 : std::exp2(bits - 1)), dithered_(bits == 16 || bits == 24) {}

// The difference of two even distributions, from one step of SplitMix64 (G. L. Steele et al., 2014).
double Quantizer::noise() noexcept {
  state_ += 0x9E3779B97F4A7C15;
  std::uint64_t z = state_;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  z ^= z >> 31;
  return (static_cast<double>(z >> 32) - static_cast<double>(z & 0xFFFFFFFF)) / 4294967296.0;
}

void Quantizer::to_floats(std::span<const float> in, std::span<float> out) noexcept {
  float peak = peak_;
  std::uint32_t loud = 0, finite = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const float magnitude = std::fabs(in[i]);
    const bool is_finite = magnitude <= std::numeric_limits<float>::max();
    const float counted = is_finite ? magnitude : 0;
    out[i] = is_finite ? in[i] : 0;
    peak = counted > peak ? counted : peak;
    loud += counted > 1;
    finite += is_finite;
  }
  peak_ = peak;
  clipped_ += loud;
  not_finite_ += in.size() - finite;
}

void Quantizer::to_integers(std::span<const float> in, std::span<std::int32_t> out) noexcept {
  std::array<float, 256> numbers;
  for (std::size_t done = 0; done < in.size(); done += numbers.size()) {
    const std::size_t count = std::min(numbers.size(), in.size() - done);
    to_floats(in.subspan(done, count), numbers);
    for (std::size_t i = 0; i < count; ++i) {
      const double exact = numbers[i] * scale_ + (dithered_ ? noise() : 0);
      out[done + i] = static_cast<std::int32_t>(std::clamp(std::floor(exact + 0.5), -scale_, scale_ - 1));
    }
  }
}

}  // namespace weir::media
