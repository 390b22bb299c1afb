#include "weir/engines/convolve/real_fft.hpp"

#include <cmath>
#include <numbers>

namespace weir::convolve {

RealFft::RealFft(std::size_t bins, const Kernels& kernels, Effort effort)
    : bins_(bins), kernels_(kernels), fft_(bins, effort), turns_(2 * bins), complex_(2 * bins + 2 * group_bins) {
  for (std::size_t k = 0; k < bins; ++k) {
    const double angle = std::numbers::pi * static_cast<double>(k) / static_cast<double>(bins);
    turns_.data()[k] = static_cast<float>(std::cos(angle));
    turns_.data()[bins + k] = static_cast<float>(std::sin(angle));
  }
}

void RealFft::forward(const float* time, float* spectrum, std::size_t group_stride) noexcept {
  float* const z = complex_.data();
  fft_.forward(time, z);
  z[2 * bins_] = z[0];
  z[2 * bins_ + 1] = z[1];
  kernels_.untangle(z, turns_.data(), bins_, spectrum, group_stride);
}

void RealFft::inverse(float* sum, float* time) noexcept {
  float* const im = sum + plane(bins_);
  sum[bins_] = im[0];
  im[bins_] = im[0] = 0;
  kernels_.tangle(sum, turns_.data(), bins_, complex_.data());
  fft_.forward(complex_.data(), time);
}

}  // namespace weir::convolve
