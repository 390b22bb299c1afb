// What a response does to single frequencies, computed by the definition.
#pragma once

#include <cmath>
#include <complex>
#include <numbers>
#include <span>

namespace weir::media::test {

inline std::complex<double> response_at(std::span<const float> samples, double frequency_hz, double rate_hz) {
  std::complex<double> sum;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double angle = -2 * std::numbers::pi * frequency_hz / rate_hz * static_cast<double>(i);
    sum += static_cast<double>(samples[i]) * std::polar(1.0, angle);
  }
  return sum;
}

inline double response_db(std::span<const float> samples, double frequency_hz, double rate_hz) {
  return 20 * std::log10(std::abs(response_at(samples, frequency_hz, rate_hz)));
}

// How much later `b` is than `a` at this frequency, which must be low enough for less than half a turn.
inline double later_s(std::span<const float> a, std::span<const float> b, double frequency_hz, double rate_hz) {
  const auto turn = response_at(a, frequency_hz, rate_hz) * std::conj(response_at(b, frequency_hz, rate_hz));
  return std::arg(turn) / (2 * std::numbers::pi * frequency_hz);
}

}  // namespace weir::media::test
