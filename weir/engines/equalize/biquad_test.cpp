#include "weir/engines/equalize/biquad.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "weir/engines/equalize/equalizer.hpp"
#include "weir/engines/equalize/test_bands.hpp"

namespace weir::equalize {
namespace {

using Complex = std::complex<double>;

// The analogue filters that the cookbook starts from, at s = j·tan(ω/2) / tan(ω₀/2), where the bilinear transform puts
// a digital frequency.
double analogue(const Band& band, double frequency_hz, double rate_hz) {
  const double omega0 = 2 * std::numbers::pi * band.fc_hz / rate_hz;
  const Complex s(0, std::tan(std::numbers::pi * frequency_hz / rate_hz) / std::tan(omega0 / 2));
  const double a = std::pow(10.0, band.gain_db / 40);
  const double q =
      band.octaves > 0 ? 1 / (2 * std::sinh(std::numbers::ln2 / 2 * band.octaves * omega0 / std::sin(omega0))) : band.q;
  const Complex s2 = s * s, usual = s2 + s / q + 1.0, root = s * std::sqrt(a) / q;
  switch (band.type) {
    case Band::Type::peak: return std::abs((s2 + s * a / q + 1.0) / (s2 + s / (a * q) + 1.0));
    case Band::Type::low_shelf: return std::abs(a * (s2 + root + a) / (a * s2 + root + 1.0));
    case Band::Type::high_shelf: return std::abs(a * (a * s2 + root + 1.0) / (s2 + root + a));
    case Band::Type::low_pass: return std::abs(1.0 / usual);
    case Band::Type::high_pass: return std::abs(s2 / usual);
    case Band::Type::band_pass: return std::abs(s / q / usual);
    case Band::Type::notch: return std::abs((s2 + 1.0) / usual);
    case Band::Type::all_pass: return std::abs((s2 - s / q + 1.0) / usual);
  }
  return 0;
}

double in_db(double factor) { return 20 * std::log10(std::max(factor, 1e-6)); }

std::vector<double> frequencies(double rate_hz) {
  std::vector<double> made;
  for (double f = 5; f < rate_hz * 0.499; f *= 1.09) made.push_back(f);
  return made;
}

TEST(Biquad, EachTypeIsItsAnalogueFilter) {
  for (const double rate_hz : {44100.0, 48000.0, 192000.0}) {
    for (const Band& band : each_band()) {
      const Biquad biquad = make_biquad(band, rate_hz);
      for (const double f : frequencies(rate_hz)) {
        ASSERT_NEAR(in_db(magnitude(biquad, f, rate_hz)), in_db(analogue(band, f, rate_hz)), 1e-5)
            << "type " << static_cast<int>(band.type) << " fc " << band.fc_hz << " q " << band.q << " at " << f;
      }
    }
  }
}

// The response of what really runs: an impulse through the equalizer, transformed at each frequency.
TEST(Biquad, WhatRunsHasThatResponse) {
  constexpr double rate_hz = 48000;
  constexpr int frames = 1 << 16;
  for (const Band& band : each_band()) {
    EqSettings settings;
    settings.bands = {band};
    auto made = Equalization::make(settings, rate_hz);
    ASSERT_TRUE(made);
    Equalizer equalizer;
    ASSERT_TRUE(equalizer.fade_to(made->release(), 0));
    std::vector<float> left(frames), right(frames);
    left[0] = 1;
    equalizer.process(left.data(), right.data(), frames);
    for (double f = 30; f < 23000; f *= 1.7) {
      Complex sum = 0;
      const Complex turn = std::polar(1.0, -2 * std::numbers::pi * f / rate_hz);
      Complex at = 1;
      for (const float sample : left) sum += static_cast<double>(sample) * at, at *= turn;
      EXPECT_NEAR(std::abs(sum), analogue(band, f, rate_hz), 1e-4 * std::max(1.0, analogue(band, f, rate_hz)))
          << "type " << static_cast<int>(band.type) << " fc " << band.fc_hz << " at " << f;
    }
    EXPECT_EQ(right, std::vector<float>(frames));
  }
}

TEST(Biquad, GainIsWhatWasAskedFor) {
  const auto at = [](Band band, double f) { return in_db(magnitude(make_biquad(band, 48000), f, 48000)); };
  EXPECT_NEAR(at({.type = Band::Type::peak, .fc_hz = 1000, .gain_db = 6, .q = 2}, 1000), 6, 1e-9);
  EXPECT_NEAR(at({.type = Band::Type::low_shelf, .fc_hz = 1000, .gain_db = -6}, 1), -6, 1e-4);
  EXPECT_NEAR(at({.type = Band::Type::low_shelf, .fc_hz = 1000, .gain_db = -6}, 1000), -3, 1e-9);
  EXPECT_NEAR(at({.type = Band::Type::high_shelf, .fc_hz = 1000, .gain_db = 4}, 23990), 4, 1e-3);
  EXPECT_NEAR(at({.type = Band::Type::high_shelf, .fc_hz = 1000, .gain_db = 4}, 1000), 2, 1e-9);
  EXPECT_NEAR(at({.type = Band::Type::low_pass, .fc_hz = 1000}, 1000), -3.0103, 1e-3);
  EXPECT_NEAR(at({.type = Band::Type::high_pass, .fc_hz = 1000}, 1000), -3.0103, 1e-3);
  EXPECT_LT(at({.type = Band::Type::notch, .fc_hz = 1000}, 1000), -100);
  // Half an octave's bandwidth: half the gain at a quarter of an octave on either side, far below half the rate.
  const Band half{.type = Band::Type::peak, .fc_hz = 100, .gain_db = 6, .octaves = 0.5};
  EXPECT_NEAR(at(half, 100 * std::exp2(0.25)), 3, 0.01);
}

}  // namespace
}  // namespace weir::equalize
