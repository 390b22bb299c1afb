// Equalization: an equalizer's filters as coefficients, prepared off the hot path and never changed.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "weir/core/handover.hpp"
#include "weir/core/result.hpp"
#include "weir/engines/equalize/biquad.hpp"
#include "weir/engines/equalize/eq_settings.hpp"
#include "weir/engines/equalize/stereo.hpp"

namespace weir::equalize {

// What is at or above half the rate does what it does far below its frequency: a low shelf is its gain; peaks, high
// shelves, low passes, notches and all passes do nothing; a high pass or band pass would leave silence and is an error.
// Thread-safety: its methods do not change it; any thread.  Allocates: make() only.  Blocks: never.  Ownership: owns
// all.
class Equalization : public HandoverLink {
 public:
  // Errors: `invalid`: a value out of the limits of eq_settings.hpp, a rate outside 1…768000 Hz, a pass beyond half the
  // rate.  `exhausted`: more than max_bands.
  static Result<std::unique_ptr<Equalization>> make(const EqSettings& settings, double rate_hz);

  double rate_hz() const noexcept { return rate_hz_; }
  // Bands at or above half the rate, which a person may want to know of.
  std::size_t beyond_half_rate() const noexcept { return beyond_half_rate_; }
  // How much louder a sine of this frequency comes out of one ear, as a factor. 0 is the left one.
  double magnitude(int ear, double frequency_hz) const noexcept;

 private:
  friend class Equalizer;
  struct Section {
    Stereo b0, b1, b2, a1, a2;
  };

  explicit Equalization(double rate_hz) noexcept : rate_hz_(rate_hz) {}
  void add(const Band& band);

  double rate_hz_;
  Stereo gain_ = {1, 1};
  std::vector<Section> sections_;
  std::size_t beyond_half_rate_ = 0;
};

}  // namespace weir::equalize
