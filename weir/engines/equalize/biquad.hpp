// One filter of second order as numbers: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter
// coefficients".
#pragma once

#include "weir/engines/equalize/eq_settings.hpp"

namespace weir::equalize {

// y[n] = b0·x[n] + b1·x[n−1] + b2·x[n−2] − a1·y[n−1] − a2·y[n−2]; the default passes everything.
// Thread-safety: value type.  Allocates: no.  Blocks: never.  Ownership: owns its values.
struct Biquad {
  double b0 = 1, b1 = 0, b2 = 0, a1 = 0, a2 = 0;

  bool operator==(const Biquad&) const = default;
};

// By the bilinear transform, which squeezes a filter's upper side where it comes near half the rate. fc_hz must be
// below half the rate; the result is stable for every band within the limits of eq_settings.hpp.
Biquad make_biquad(const Band& band, double rate_hz) noexcept;

// How much louder a sine of this frequency comes out, as a factor.
double magnitude(const Biquad& biquad, double frequency_hz, double rate_hz) noexcept;

}  // namespace weir::equalize
