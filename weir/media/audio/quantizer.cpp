#include "weir/media/audio/quantizer.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

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

float Quantizer::look(float sample) noexcept {
  if (!std::isfinite(sample)) {
    ++not_finite_;
    return 0;
  }
  const float magnitude = std::fabs(sample);
  clipped_ += magnitude > 1;
  peak_ = std::max(peak_, magnitude);
  return sample;
}

void Quantizer::to_integers(std::span<const float> in, std::span<std::int32_t> out) noexcept {
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double exact = look(in[i]) * scale_ + (dithered_ ? noise() : 0);
    out[i] = static_cast<std::int32_t>(std::clamp(std::floor(exact + 0.5), -scale_, scale_ - 1));
  }
}

void Quantizer::to_floats(std::span<const float> in, std::span<float> out) noexcept {
  std::transform(in.begin(), in.end(), out.begin(), [this](float sample) { return look(sample); });
}

}  // namespace weir::media
