// RealFft against the definition of the Fourier transform, on every path.
#include "weir/engines/convolve/real_fft.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "weir/engines/convolve/test_response.hpp"

namespace weir::convolve {
namespace {

TEST(RealFft, is_the_transform_of_real_samples_and_its_inverse) {
  std::vector<const Kernels*> all{&portable_kernels()};
  if (avx2_kernels() != nullptr) all.push_back(avx2_kernels());
  if (avx512_kernels() != nullptr) all.push_back(avx512_kernels());
  for (const Kernels* kernels : all) {
    for (const std::size_t bins : {16U, 48U, 64U, 240U, 512U}) {
      SCOPED_TRACE(testing::Message() << kernels->name << ", " << bins << " bins");
      const std::size_t n = 2 * bins, stride = 3 * spectrum_group;
      RealFft fft(bins, *kernels);
      Floats time(n), spectrum(stride * bins / group_bins), sum(RealFft::sum_floats(bins)), back(n);
      const auto samples = test::noise(1, n, 7)[0];
      std::copy(samples.begin(), samples.end(), time.data());
      fft.forward(time.data(), spectrum.data(), stride);
      const auto part = [&](std::size_t k, std::size_t which) {
        return static_cast<double>(spectrum.data()[k / group_bins * stride + k % group_bins + which * group_bins]);
      };
      for (std::size_t k = 0; k <= bins; ++k) {
        double re = 0, im = 0;
        for (std::size_t i = 0; i < n; ++i) {
          const double angle = 2 * std::numbers::pi * static_cast<double>(k * i % n) / static_cast<double>(n);
          re += static_cast<double>(samples[i]) * std::cos(angle);
          im -= static_cast<double>(samples[i]) * std::sin(angle);
        }
        EXPECT_NEAR(k < bins ? part(k, 0) : part(0, 1), re, 1e-4) << k;
        if (k > 0 && k < bins) EXPECT_NEAR(part(k, 1), im, 1e-4) << k;
      }
      for (std::size_t k = 0; k < bins; ++k)
        for (std::size_t which = 0; which < 2; ++which)
          sum.data()[which * plane(bins) + k] = static_cast<float>(part(k, which));
      fft.inverse(sum.data(), back.data());
      for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(back.data()[i] / static_cast<float>(n), samples[i], 1e-6) << i;
    }
  }
}

}  // namespace
}  // namespace weir::convolve
