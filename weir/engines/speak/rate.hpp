// Speech at another sample rate, for files that know only some.
#pragma once

#include "weir/core/result.hpp"
#include "weir/engines/speak/voice.hpp"

namespace weir::speak {

// Through soxr's high quality, without dither: what is below 0.91 of the lower band's end stays. There are
// round(samples · rate_hz / speech.rate_hz) samples, and words keep their times to half a sample. The same rate gives
// the same speech. `failed`: soxr's reason.
// Thread-safety: any thread.  Allocates: the result and in soxr.  Blocks: never.  Ownership: none.
Result<Speech> at_rate(const Speech& speech, int rate_hz);

}  // namespace weir::speak
