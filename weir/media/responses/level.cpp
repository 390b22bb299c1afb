#include "weir/media/responses/level.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <numbers>

#include "weir/media/responses/spectrum.hpp"

namespace weir::media {
namespace {

double decibels(double power) { return 10 * std::log10(std::max(power, 1e-20)); }

// At most 5 Hz from line to line, so that the lowest octaves count as they should.
std::size_t fine_size(const ResponseSet& set) {
  return std::bit_ceil(std::max<std::size_t>(set.taps(), static_cast<std::size_t>(set.rate_hz) / 5));
}

struct Biquad {
  double b0, b1, b2, a1, a2;
  double power(double frequency_hz, double rate_hz) const {
    const auto z = std::polar(1.0, -2 * std::numbers::pi * frequency_hz / rate_hz);
    return std::norm((b0 + b1 * z + b2 * z * z) / (1.0 + a1 * z + a2 * z * z));
  }
};

double k_power(double frequency_hz) {
  // ITU-R BS.1770-4, tables 1 and 2.
  constexpr Biquad shelf{1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585};
  constexpr Biquad high_pass{1, -2, 1, -1.99004745483398, 0.99007225036621};
  return shelf.power(frequency_hz, 48000) * high_pass.power(frequency_hz, 48000);
}

}  // namespace

ResponseSet scaled(ResponseSet set, double gain_db) {
  const auto gain = static_cast<float>(std::pow(10.0, gain_db / 20));
  for (Response& r : set.responses) {
    for (float& v : r.left) v *= gain;
    for (float& v : r.right) v *= gain;
  }
  return set;
}

double normalising_gain_db(const ResponseSet& set, double peak_db) {
  std::vector<float> left(set.taps()), right(set.taps());
  for (const Response& r : set.responses) {
    for (std::size_t i = 0; i < left.size(); ++i) left[i] += r.left[i], right[i] += r.right[i];
  }
  double peak = 0;
  for (const auto& ear : {left, right}) peak = std::max(peak, std::ranges::max(power_spectrum(ear, fine_size(set))));
  return peak > 0 ? peak_db - decibels(peak) : 0;
}

double loudness_db(const ResponseSet& set) {
  const std::size_t size = fine_size(set);
  std::vector<double> heard(size / 2 + 1);
  int speakers = 0;
  for (const Response& r : set.responses) {
    if (r.speaker == Speaker::LFE) continue;
    ++speakers;
    const auto left = power_spectrum(r.left, size), right = power_spectrum(r.right, size);
    for (std::size_t k = 0; k < heard.size(); ++k) heard[k] += left[k] + right[k];
  }
  double weighted = 0, plain = 0;
  for (std::size_t k = 1; k < heard.size(); ++k) {
    const double frequency = static_cast<double>(k) * set.rate_hz / static_cast<double>(size);
    if (frequency < 20 || frequency > 20000) continue;
    const double weight = k_power(frequency) / frequency;
    weighted += heard[k] * weight;
    plain += weight;
  }
  return speakers == 0 ? -200 : decibels(weighted / (plain * speakers));
}

double k_weighting_db(double frequency_hz) { return decibels(k_power(frequency_hz)); }

}  // namespace weir::media
