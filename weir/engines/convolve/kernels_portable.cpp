#include <array>
#include <cstring>

#include "weir/engines/convolve/kernels.hpp"

namespace weir::convolve {
namespace {

using Lanes = std::array<float, group_bins>;

void multiply_add(const Terms& terms, std::size_t first_group, std::size_t end_group, const float* const base[2],
                  float* const out[2]) noexcept {
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
      std::array<float, spectrum_group> sum;
      for (std::size_t i = 0; i < group_bins; ++i) {
        sum[2 * i] = rr[i] - ii[i];
        sum[2 * i + 1] = ri[i] + ir[i];
      }
      if (group == 0) {
        sum[0] = rr[0];
        sum[1] = ii[0];
      }
      if (base != nullptr)
        for (std::size_t i = 0; i < spectrum_group; ++i) sum[i] += base[ear][group * spectrum_group + i];
      std::memcpy(out[ear] + group * spectrum_group, sum.data(), sizeof sum);
    }
  }
}

void split(const float* spectrum, float* history, std::size_t group_stride, std::size_t groups) noexcept {
  for (std::size_t group = 0; group < groups; ++group) {
    const float* from = spectrum + group * spectrum_group;
    float* to = history + group * group_stride;
    for (std::size_t i = 0; i < group_bins; ++i) {
      to[i] = from[2 * i];
      to[group_bins + i] = from[2 * i + 1];
    }
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
  static constexpr Kernels kernels{"portable", multiply_add, split, copy_sound, add};
  return kernels;
}

}  // namespace weir::convolve
