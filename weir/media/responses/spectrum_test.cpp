#include "weir/media/responses/spectrum.hpp"

#include <gtest/gtest.h>

#include <random>

#include "weir/media/responses/test_spectrum.hpp"

namespace weir::media {
namespace {

TEST(Spectrum, IsTheDefinitions) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> samples(37);
  for (float& v : samples) v = normal(random);
  const std::vector<double> power = power_spectrum(samples, 64);
  ASSERT_EQ(power.size(), 33U);
  for (std::size_t k = 0; k < power.size(); ++k) {
    EXPECT_NEAR(power[k], std::norm(test::response_at(samples, static_cast<double>(k), 64)), 1e-9) << k;
  }
  EXPECT_EQ(power_spectrum(std::vector<float>{2}, 1), std::vector<double>{4});
}

}  // namespace
}  // namespace weir::media
