// Responses at another sample rate.
#pragma once

#include "weir/media/responses/response_set.hpp"

namespace weir::media {

// The same frequency responses at `rate_hz`, through soxr's very high quality: up to 0.91 of the lower band's end they
// stay as they are, above both bands' ends there is nothing. The filter rings before and after each sample: the whole
// set begins up to 256 samples (of the lower rate) later so that no ringing above -80 dB of the peak is cut off; delays
// keep their differences, tails stay. `invalid`: a rate out of ResponseSet's bounds. Thread-safety: any thread.
// Allocates: the result and in soxr.  Blocks: while converting.  Ownership: none.
Result<ResponseSet> convert_rate(const ResponseSet& set, int rate_hz);

}  // namespace weir::media
