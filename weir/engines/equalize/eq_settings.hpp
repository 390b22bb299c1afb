// What an equalizer is to do, as a person writes it down; independent of the rate it will run at.
#pragma once

#include <array>
#include <vector>

namespace weir::equalize {

// One filter of second order.
// Thread-safety: value type.  Allocates: no.  Blocks: never.  Ownership: owns its values.
struct Band {
  enum class Type { peak, low_shelf, high_shelf, low_pass, high_pass, band_pass, notch, all_pass };
  enum class Side { both, left, right };

  Type type = Type::peak;
  Side side = Side::both;
  double fc_hz = 1000;    // of a shelf: where it has half its gain in dB
  double gain_db = 0;     // of peaks and shelves
  double q = 0.70710678;  // unless `octaves` is given
  double octaves = 0;     // > 0: the bandwidth instead of q, between the points of half gain in dB (of a band pass or
                          // notch: of −3 dB)

  bool operator==(const Band&) const = default;
};

// Preamp and bands in the order of the text.
// Thread-safety: value type.  Allocates: `bands`.  Blocks: never.  Ownership: owns its values.
struct EqSettings {
  double preamp_db = 0;                       // of both ears
  std::array<double, 2> side_preamp_db = {};  // more of it for the left and the right ear alone
  std::vector<Band> bands;

  bool operator==(const EqSettings&) const = default;
};

// What one filter and one equalizer may hold; the text's parser and Equalization refuse the rest.
constexpr std::size_t max_bands = 64;
constexpr double min_fc_hz = 0.1, max_fc_hz = 384'000;
constexpr double max_gain_db = 100;
constexpr double min_q = 0.01, max_q = 1000;
constexpr double min_octaves = 0.001, max_octaves = 10;

}  // namespace weir::equalize
