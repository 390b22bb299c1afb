#include "weir/engines/motion/light.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace weir::motion {

namespace {

// Darker than this, a ratio says little; brighter, the sensor is full and no longer follows the light.
constexpr float darkest = 24, brightest = 232;

// The compiler's own vectors: its vectoriser leaves the choice in the loop below as a branch that guesses badly.
constexpr std::size_t lanes = 4;
using Lanes [[gnu::vector_size(lanes * sizeof(float))]] = float;

Lanes load(const float* from) {
  Lanes all;
  std::memcpy(&all, from, sizeof all);
  return all;
}
float sum(Lanes all) { return (all[0] + all[1]) + (all[2] + all[3]); }

struct Sums {
  float count = 0, l = 0, n = 0, ll = 0, ln = 0;
};

// Over the pairs that the light explains to within 3 levels and `cut` of their brightness. `size`: whole lanes.
Sums explained_pairs(const float* learned, const float* now, std::size_t size, const Light& light, float cut) {
  Lanes count{}, l{}, n{}, ll{}, ln{};
  for (std::size_t i = 0; i < size; i += lanes) {
    const Lanes a = load(learned + i), b = load(now + i);
    const Lanes error = b - (a * light.gain + light.offset), within = a * cut + 3.0F;
    const Lanes weight = (error <= within) & (-error <= within) ? Lanes{} + 1.0F : Lanes{};
    count += weight;
    l += weight * a;
    n += weight * b;
    ll += weight * a * a;
    ln += weight * a * b;
  }
  return {sum(count), sum(l), sum(n), sum(ll), sum(ln)};
}

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

LightFit::LightFit(std::size_t areas) : areas_(areas), learned_(areas + lanes), now_(areas + lanes) {}

Light LightFit::fit(std::span<const float> learned, std::span<const float> now) noexcept {
  constexpr std::size_t bin_count = 256;
  constexpr float bins_per_one = bin_count / 4.0F;
  std::array<unsigned, bin_count> ratios{};
  std::size_t n = 0;
  for (std::size_t i = 0; i < areas_; ++i) {
    if (learned[i] < darkest || learned[i] > brightest || now[i] > brightest) continue;
    learned_[n] = learned[i] - Light::black;
    now_[n] = now[i] - Light::black;
    const float bin = std::clamp(now_[n] / learned_[n] * bins_per_one, 0.0F, bin_count - 1.0F);
    ++ratios[static_cast<std::size_t>(bin)];
    ++n;
  }
  // A picture that is all black or all white says nothing about the light.
  if (n < areas_ / 8 + 4) return {};
  // The last lanes are filled with what no light explains.
  std::size_t whole = n;
  for (; whole % lanes != 0; ++whole) learned_[whole] = 0, now_[whole] = 1e6F;

  Light light;
  light.gain = (static_cast<float>(median_bin(ratios, n)) + 0.5F) / bins_per_one;
  // Least squares over what the light explains so far; what moves falls out as the cut tightens.
  float cut = 0.15F;
  for (int round = 0; round < 4; ++round, cut *= 0.6F) {
    const Sums sums = explained_pairs(learned_.data(), now_.data(), whole, light, cut);
    if (sums.count < 4) return {};
    // A camera's gain and a lamp multiply; an offset must be shown by areas of different brightness. The added weight
    // holds it at zero where the picture is all of one brightness, in which the two cannot be told apart.
    const float held = sums.count * 1.05F;
    const float determinant = sums.ll * held - sums.l * sums.l;
    light.gain = (sums.ln * held - sums.l * sums.n) / determinant;
    light.offset = (sums.ll * sums.n - sums.l * sums.ln) / determinant;
  }
  return light;
}

}  // namespace weir::motion
