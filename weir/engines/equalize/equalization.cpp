#include "weir/engines/equalize/equalization.hpp"

#include <array>
#include <cmath>

namespace weir::equalize {
namespace {

double factor(double db) { return std::pow(10.0, db / 20); }

bool within(double value, double least, double most) { return value >= least && value <= most; }

// nullptr where nothing is wrong.
const char* complaint(const Band& band, double rate_hz) {
  if (!within(band.fc_hz, min_fc_hz, max_fc_hz)) return "a filter's frequency is to be within 0.1 and 384000 Hz";
  if (!within(band.gain_db, -max_gain_db, max_gain_db)) return "a filter's gain is to be within -100 and 100 dB";
  if (band.octaves == 0 && !within(band.q, min_q, max_q)) return "a filter's Q is to be within 0.01 and 1000";
  if (band.octaves != 0 && !within(band.octaves, min_octaves, max_octaves))
    return "a filter's bandwidth is to be within 0.001 and 10 octaves";
  const bool leaves_nothing = band.type == Band::Type::high_pass || band.type == Band::Type::band_pass;
  if (leaves_nothing && band.fc_hz >= rate_hz / 2)
    return "a high pass or band pass at or above half the sample rate would leave silence; lower its Fc or take it out";
  return nullptr;
}

}  // namespace

Result<std::unique_ptr<Equalization>> Equalization::make(const EqSettings& settings, double rate_hz) {
  if (!within(rate_hz, 1, 768'000)) return fail(Code::invalid, "sample rates are within 1 and 768000 Hz");
  if (settings.bands.size() > max_bands) return fail(Code::exhausted, "an equalizer has 64 filters at most");
  std::unique_ptr<Equalization> made(new Equalization(rate_hz));
  for (std::size_t ear = 0; ear < 2; ++ear) {
    const double db = settings.preamp_db + settings.side_preamp_db[ear];
    if (!within(db, -2 * max_gain_db, 2 * max_gain_db))
      return fail(Code::invalid, "a preamp is to be within -100 and 100 dB");
    made->gain_[ear] = factor(db);
  }
  for (const Band& band : settings.bands) {
    if (const char* why = complaint(band, rate_hz)) return fail(Code::invalid, why);
    made->add(band);
  }
  return made;
}

void Equalization::add(const Band& band) {
  const std::array<bool, 2> on = {band.side != Band::Side::right, band.side != Band::Side::left};
  if (band.fc_hz >= rate_hz_ / 2) {
    ++beyond_half_rate_;
    for (std::size_t ear = 0; ear < 2; ++ear) {
      if (on[ear] && band.type == Band::Type::low_shelf) gain_[ear] *= factor(band.gain_db);
    }
    return;
  }
  const Biquad biquad = make_biquad(band, rate_hz_);
  // A peak or shelf of no gain: its poles lie on its zeros.
  if (biquad.b0 == 1 && biquad.b1 == biquad.a1 && biquad.b2 == biquad.a2) return;
  const Biquad left = on[0] ? biquad : Biquad{}, right = on[1] ? biquad : Biquad{};
  sections_.push_back(Section{.b0 = {left.b0, right.b0},
                              .b1 = {left.b1, right.b1},
                              .b2 = {left.b2, right.b2},
                              .a1 = {left.a1, right.a1},
                              .a2 = {left.a2, right.a2}});
}

double Equalization::magnitude(int ear, double frequency_hz) const noexcept {
  double product = gain_[ear];
  for (const Section& one : sections_) {
    const Biquad biquad{one.b0[ear], one.b1[ear], one.b2[ear], one.a1[ear], one.a2[ear]};
    product *= equalize::magnitude(biquad, frequency_hz, rate_hz_);
  }
  return product;
}

}  // namespace weir::equalize
