// How loud a set of responses is, and the gains that follow from it. Nothing here is applied unless asked for.
#pragma once

#include "weir/media/responses/response_set.hpp"

namespace weir::media {

// All responses times a gain.
ResponseSet scaled(ResponseSet set, double gain_db);

// The gain after which the loudest frequency of the sum of all speakers, at the louder ear, is at `peak_db`: what
// Impulcifer calls normalising, and its -0.1 dB. The same tone at full scale in all channels then just does not clip;
// other signals in all channels at once still can, so that a limiter remains useful. The LFE counts only if the set has
// a response of its own for it. 0 if the sum is silent.
double normalising_gain_db(const ResponseSet& set, double peak_db = -0.1);

// How loud pink noise is that plays from all speakers but the LFE, independently and with the same power in each, in dB
// relative to the same power at one ear without any response:
//   10·log10( Σ_s Σ_f (|L_s(f)|² + |R_s(f)|²)·|K(f)|²/f  ÷  (S · Σ_f |K(f)|²/f) ),   20 Hz ≤ f ≤ 20 kHz,
// K the weighting of ITU-R BS.1770. Sets scaled by -loudness_db() are equally loud, and about as loud as the
// unprocessed sound. Very small (-200) if the set is silent.
double loudness_db(const ResponseSet& set);

// The weighting K of ITU-R BS.1770 at a frequency below 24 kHz, from the standard's coefficients for 48 kHz: 0.69 dB at
// 1 kHz, about 4 dB from 4 kHz on.
double k_weighting_db(double frequency_hz);

}  // namespace weir::media
