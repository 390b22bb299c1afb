#include "weir/engines/motion/light.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace weir::motion {

namespace {

// Darker than this, a ratio says little; brighter, the sensor is full and no longer follows the light.
constexpr float darkest = 24, brightest = 232;

// The value below which half of the counted ones lie.
std::size_t median_bin(std::span<const unsigned> bins, std::size_t counted) {
  std::size_t below = 0;
  for (std::size_t bin = 0; bin < bins.size(); ++bin) {
    below += bins[bin];
    if (2 * below >= counted) return bin;
  }
  return bins.size() - 1;
}

}  // namespace

Light LightFit::fit(std::span<const float> learned, std::span<const float> now) noexcept {
  constexpr std::size_t bin_count = 256;
  constexpr float bins_per_one = bin_count / 4.0F;
  std::array<unsigned, bin_count> ratios{};
  std::size_t n = 0;
  for (std::size_t i = 0; i < used_.size(); ++i) {
    if (learned[i] < darkest || learned[i] > brightest || now[i] > brightest) continue;
    const Pair pair{learned[i] - Light::black, now[i] - Light::black};
    used_[n++] = pair;
    const float bin = std::clamp(pair.now / pair.learned * bins_per_one, 0.0F, bin_count - 1.0F);
    ++ratios[static_cast<std::size_t>(bin)];
  }
  // A picture that is all black or all white says nothing about the light.
  if (n < used_.size() / 8 + 4) return {};

  Light light;
  light.gain = (static_cast<float>(median_bin(ratios, n)) + 0.5F) / bins_per_one;
  // Least squares over what the light explains so far; what moves falls out as the cut tightens.
  float cut = 0.15F;
  for (int round = 0; round < 4; ++round, cut *= 0.6F) {
    float count = 0, sum_l = 0, sum_n = 0, sum_ll = 0, sum_ln = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto [l, v] = used_[i];
      const float error = std::abs(v - (l * light.gain + light.offset));
      const float weight = error <= 3.0F + cut * l ? 1.0F : 0.0F;
      count += weight;
      sum_l += weight * l;
      sum_n += weight * v;
      sum_ll += weight * l * l;
      sum_ln += weight * l * v;
    }
    if (count < 4) return {};
    // A camera's gain and a lamp multiply; an offset must be shown by areas of different brightness. The added weight
    // holds it at zero where the picture is all of one brightness, in which the two cannot be told apart.
    const float held = count * 1.05F;
    const float determinant = sum_ll * held - sum_l * sum_l;
    light.gain = (sum_ln * held - sum_l * sum_n) / determinant;
    light.offset = (sum_ll * sum_n - sum_l * sum_ln) / determinant;
  }
  return light;
}

}  // namespace weir::motion
