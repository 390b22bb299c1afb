#include "weir/engines/equalize/true_peak.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace weir::equalize {
namespace {

constexpr int reach = TruePeak::delay_frames;
constexpr std::size_t taps = 2 * reach, phases = 3;  // between two samples

using Phases = std::array<std::array<float, taps>, phases>;

// Kaiser's window of shape 6 over −1…1.
double window(double at) {
  return at * at >= 1 ? 0 : std::cyl_bessel_i(0.0, 6 * std::sqrt(1 - at * at)) / std::cyl_bessel_i(0.0, 6.0);
}

Phases make_phases() {
  Phases made{};
  for (std::size_t phase = 0; phase < phases; ++phase) {
    std::array<double, taps> values{};
    double sum = 0;
    for (std::size_t tap = 0; tap < taps; ++tap) {
      // Seen from a place between the samples reach−1 and reach of the taps; never 0.
      const double at = static_cast<double>(tap) - (reach - 1) - (static_cast<double>(phase) + 1) / (phases + 1);
      values[tap] = std::sin(std::numbers::pi * at) / (std::numbers::pi * at) * window(at / reach);
      sum += values[tap];
    }
    for (std::size_t tap = 0; tap < taps; ++tap) made[phase][tap] = static_cast<float>(values[tap] / sum);
  }
  return made;
}

// Made before main, so that the hot path finds it.
const Phases kernel = make_phases();

}  // namespace

void TruePeak::find(const float* in, float* peaks, int frames) noexcept {
  const auto count = static_cast<std::size_t>(frames);
  std::copy_n(in, count, history_.data() + taps - 1);
  float between[phases][most_frames] = {};
  for (std::size_t tap = 0; tap < taps; ++tap) {
    const float* samples = history_.data() + tap;
    const float first = kernel[0][tap], second = kernel[1][tap], third = kernel[2][tap];
    for (std::size_t i = 0; i < count; ++i) {
      between[0][i] += first * samples[i];
      between[1][i] += second * samples[i];
      between[2][i] += third * samples[i];
    }
  }
  const float* at = history_.data() + reach - 1;
  for (std::size_t i = 0; i < count; ++i) {
    peaks[i] = std::max(std::max(std::fabs(at[i]), std::fabs(between[0][i])),
                        std::max(std::fabs(between[1][i]), std::fabs(between[2][i])));
  }
  std::copy_n(history_.data() + count, taps - 1, history_.data());
}

}  // namespace weir::equalize
