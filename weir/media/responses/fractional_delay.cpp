#include "weir/media/responses/fractional_delay.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace weir::media {
namespace {

constexpr int reach = fractional_delay_reach;

// sinc(x) under a Kaiser window that ends at ±reach.
double kernel(double x) {
  constexpr double beta = 8;
  if (std::abs(x) >= reach) return 0;
  const double window =
      std::cyl_bessel_i(0, beta * std::sqrt(1 - x * x / (reach * reach))) / std::cyl_bessel_i(0, beta);
  const double angle = std::numbers::pi * x;
  return window * (x == 0 ? 1 : std::sin(angle) / angle);
}

}  // namespace

std::vector<float> delayed(std::span<const float> samples, double delay, std::size_t taps) {
  const double whole = std::floor(delay), part = delay - whole;
  std::vector<float> out(taps);
  const auto shift = static_cast<std::ptrdiff_t>(whole);
  const auto at = [samples](std::ptrdiff_t i) {
    return i >= 0 && i < std::ssize(samples) ? samples[static_cast<std::size_t>(i)] : 0.F;
  };
  if (part == 0) {
    for (std::size_t i = 0; i < taps; ++i) out[i] = at(static_cast<std::ptrdiff_t>(i) - shift);
    return out;
  }
  std::array<double, std::size_t{2} * reach> weights{};  // of the samples from 1 - reach to reach around each place
  for (int k = 0; k < 2 * reach; ++k) weights[static_cast<std::size_t>(k)] = kernel(k + 1 - reach - part);
  for (std::size_t i = 0; i < taps; ++i) {
    double sum = 0;
    for (int k = 0; k < 2 * reach; ++k) {
      sum += weights[static_cast<std::size_t>(k)] *
             static_cast<double>(at(static_cast<std::ptrdiff_t>(i) - shift - (k + 1 - reach)));
    }
    out[i] = static_cast<float>(sum);
  }
  return out;
}

}  // namespace weir::media
