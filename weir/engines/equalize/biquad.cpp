#include "weir/engines/equalize/biquad.hpp"

#include <cmath>
#include <complex>
#include <numbers>

namespace weir::equalize {
namespace {

Biquad normalised(double b0, double b1, double b2, double a0, double a1, double a2) {
  return {b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0};
}

// The cookbook's low shelf; its high shelf is the same with the signs of `cosine` and of the odd coefficients changed.
Biquad shelf(double amplitude, double cosine, double alpha, double sign) {
  const double root = 2 * std::sqrt(amplitude) * alpha;
  const double plus = amplitude + 1, minus = (amplitude - 1) * sign;
  return normalised(amplitude * (plus - minus * cosine + root),
                    sign * 2 * amplitude * (amplitude - 1 - sign * plus * cosine),
                    amplitude * (plus - minus * cosine - root), plus + minus * cosine + root,
                    sign * -2 * (amplitude - 1 + sign * plus * cosine), plus + minus * cosine - root);
}

}  // namespace

Biquad make_biquad(const Band& band, double rate_hz) noexcept {
  const double omega = 2 * std::numbers::pi * band.fc_hz / rate_hz;
  const double cosine = std::cos(omega), sine = std::sin(omega);
  const double alpha =
      band.octaves > 0 ? sine * std::sinh(std::numbers::ln2 / 2 * band.octaves * omega / sine) : sine / (2 * band.q);
  const double amplitude = std::pow(10.0, band.gain_db / 40);
  const double a1 = -2 * cosine;
  switch (band.type) {
    case Band::Type::peak:
      return normalised(1 + alpha * amplitude, a1, 1 - alpha * amplitude, 1 + alpha / amplitude, a1,
                        1 - alpha / amplitude);
    case Band::Type::low_shelf: return shelf(amplitude, cosine, alpha, 1);
    case Band::Type::high_shelf: return shelf(amplitude, cosine, alpha, -1);
    case Band::Type::low_pass:
      return normalised((1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2, 1 + alpha, a1, 1 - alpha);
    case Band::Type::high_pass:
      return normalised((1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2, 1 + alpha, a1, 1 - alpha);
    case Band::Type::band_pass: return normalised(alpha, 0, -alpha, 1 + alpha, a1, 1 - alpha);
    case Band::Type::notch: return normalised(1, a1, 1, 1 + alpha, a1, 1 - alpha);
    case Band::Type::all_pass: return normalised(1 - alpha, a1, 1 + alpha, 1 + alpha, a1, 1 - alpha);
  }
  return {};
}

double magnitude(const Biquad& biquad, double frequency_hz, double rate_hz) noexcept {
  const auto delay = std::polar(1.0, -2 * std::numbers::pi * frequency_hz / rate_hz);
  const auto over = biquad.b0 + delay * (biquad.b1 + delay * biquad.b2);
  const auto under = 1.0 + delay * (biquad.a1 + delay * biquad.a2);
  return std::abs(over / under);
}

}  // namespace weir::equalize
