#include "bench/spatial/work.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace bench {

Work::Work(std::size_t taps, std::size_t block) : taps_(taps), block_(block), period_(rate_hz / block * block) {
  // Uniform numbers between -1 and 1 have a power of 1/3. The responses' decay leaves (1 - 0.01) / ln(100) of theirs.
  const double kept = 0.99 / std::log(100.0);
  const auto loudness = static_cast<float>(0.2 * 3 / std::sqrt(static_cast<double>(inputs * taps) * kept));
  std::mt19937 random(static_cast<unsigned>(taps));
  std::uniform_real_distribution<float> value(-1, 1);
  for (std::size_t i = 0; i < inputs * ears; ++i) {
    std::vector<float>& response = responses_.emplace_back(taps);
    for (std::size_t k = 0; k < taps; ++k) {
      const float decay = std::pow(0.1F, static_cast<float>(k) / static_cast<float>(taps));
      response[k] = loudness * decay * value(random);
    }
  }
  for (std::size_t i = 0; i < inputs; ++i) {
    std::vector<float>& noise = inputs_.emplace_back(period_);
    std::generate(noise.begin(), noise.end(), [&] { return value(random); });
  }
}

const float* Work::input(std::size_t input, std::uint64_t block) const {
  return inputs_[input].data() + block % (period_ / block_) * block_;
}

double Work::exact(std::size_t ear, std::uint64_t n) const {
  double sum = 0;
  for (std::size_t i = 0; i < inputs; ++i) {
    const std::span<const float> taps = response(i, ear);
    const std::uint64_t most = std::min<std::uint64_t>(taps.size(), n + 1);
    std::size_t at = n % period_;
    for (std::size_t k = 0; k < most; ++k) {
      sum += static_cast<double>(taps[k]) * static_cast<double>(inputs_[i][at]);
      at = at == 0 ? period_ - 1 : at - 1;
    }
  }
  return sum;
}

}  // namespace bench
