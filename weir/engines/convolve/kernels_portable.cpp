#include <array>

#include "weir/engines/convolve/kernels.hpp"

namespace weir::convolve {
namespace {

using Lanes = std::array<float, group_bins>;

void multiply_add(const Terms& terms, std::size_t bins, std::size_t first_group, std::size_t end_group,
                  const float* const base[2], float* const out[2]) noexcept {
  for (std::size_t group = first_group; group < end_group; ++group) {
    for (std::size_t ear = 0; ear < 2; ++ear) {
      Lanes rr{}, ii{}, ri{}, ir{};
      for (std::size_t term = terms.first; term < terms.end; ++term) {
        const std::size_t begin = (term < terms.wrap ? terms.newest : terms.wrapped) + group * terms.group_stride;
        const float* x = terms.history + (begin + terms.offsets[term]);
        const float* h = terms.response + (group * terms.all + term) * response_group + ear * spectrum_group;
        for (std::size_t i = 0; i < group_bins; ++i) {
          rr[i] += x[i] * h[i];
          ii[i] += x[group_bins + i] * h[group_bins + i];
          ri[i] += x[i] * h[group_bins + i];
          ir[i] += x[group_bins + i] * h[i];
        }
      }
      Lanes re, im;
      for (std::size_t i = 0; i < group_bins; ++i) {
        re[i] = rr[i] - ii[i];
        im[i] = ri[i] + ir[i];
      }
      if (group == 0) {
        re[0] = rr[0];
        im[0] = ii[0];
      }
      const std::size_t place = group * group_bins;
      for (std::size_t i = 0; i < group_bins; ++i) {
        out[ear][place + i] = re[i] + (base != nullptr ? base[ear][place + i] : 0.0F);
        out[ear][plane(bins) + place + i] = im[i] + (base != nullptr ? base[ear][plane(bins) + place + i] : 0.0F);
      }
    }
  }
}

void untangle(const float* z, const float* turns, std::size_t bins, float* spectrum,
              std::size_t group_stride) noexcept {
  for (std::size_t k = 0; k < bins; ++k) {
    const float* a = z + 2 * k;
    const float* b = z + 2 * (bins - k);
    const float odd_re = a[1] + b[1], odd_im = b[0] - a[0];
    const float c = turns[k], s = turns[bins + k];
    float* to = spectrum + k / group_bins * group_stride + k % group_bins;
    to[0] = 0.5F * (a[0] + b[0] + (c * odd_re + s * odd_im));
    to[group_bins] = 0.5F * (a[1] - b[1] + (c * odd_im - s * odd_re));
  }
  spectrum[group_bins] = z[0] - z[1];
}

void tangle(const float* sum, const float* turns, std::size_t bins, float* z) noexcept {
  const float* re = sum;
  const float* im = sum + plane(bins);
  for (std::size_t k = 0; k < bins; ++k) {
    const std::size_t l = bins - k;
    const float d_re = re[k] - re[l], d_im = im[k] + im[l];
    const float c = turns[k], s = turns[bins + k];
    z[2 * k] = re[k] + re[l] + (c * d_im + s * d_re);
    z[2 * k + 1] = im[l] - im[k] + (c * d_re - s * d_im);
  }
}

std::size_t copy_sound(const float* from, float* to, std::size_t n, float limit) noexcept {
  std::size_t unsound = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const bool sound = from[i] <= limit && from[i] >= -limit;
    to[i] = sound ? from[i] : 0.0F;
    unsound += sound ? 0 : 1;
  }
  return unsound;
}

void add(const float* from, float* to, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) to[i] += from[i];
}

}  // namespace

const Kernels& portable_kernels() noexcept {
  static constexpr Kernels kernels{"portable", multiply_add, untangle, tangle, copy_sound, add};
  return kernels;
}

}  // namespace weir::convolve
