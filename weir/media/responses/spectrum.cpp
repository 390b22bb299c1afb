#include "weir/media/responses/spectrum.hpp"

#include <algorithm>
#include <bit>
#include <complex>
#include <numbers>
#include <utility>

#include "weir/core/result.hpp"

namespace weir::media {

// Cooley and Tukey, radix 2: a set is measured once when it is loaded, so that a faster one would be lost on it.
std::vector<double> power_spectrum(std::span<const float> samples, std::size_t size) {
  WEIR_CHECK(std::has_single_bit(size) && size >= samples.size(),
             "a spectrum's size is a power of two and large enough");
  std::vector<std::complex<double>> x(size);
  std::ranges::copy(samples, x.begin());
  for (std::size_t i = 1, j = 0; i < size; ++i) {
    std::size_t bit = size / 2;
    for (; (j & bit) != 0; bit /= 2) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(x[i], x[j]);
  }
  for (std::size_t length = 2; length <= size; length *= 2) {
    std::vector<std::complex<double>> turns(length / 2);
    for (std::size_t k = 0; k < turns.size(); ++k) {
      turns[k] = std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(length));
    }
    for (std::size_t from = 0; from < size; from += length) {
      for (std::size_t k = 0; k < length / 2; ++k) {
        const auto even = x[from + k], odd = x[from + k + length / 2] * turns[k];
        x[from + k] = even + odd;
        x[from + k + length / 2] = even - odd;
      }
    }
  }
  std::vector<double> power(size / 2 + 1);
  for (std::size_t k = 0; k < power.size(); ++k) power[k] = std::norm(x[k]);
  return power;
}

}  // namespace weir::media
