// Responses without the silence around them.
#pragma once

#include "weir/media/responses/response_set.hpp"

namespace weir::media {

struct TrimOptions {
  double lead_below_db = -60;  // relative to the highest peak of the set
  double tail_below_db = -80;
  double fade_ms = 2;  // at the end, so that the cut makes no step; shorter in a response that is not ten times as long
};

// Takes off what comes before the first sound of all responses, and what comes behind the last, and fades the end out
// (half a cosine). What is taken off the beginning is the same for all, so that delays keep their differences.
// Thread-safety: any thread.  Allocates: the result.  Blocks: never.  Ownership: none.
ResponseSet trimmed(ResponseSet set, const TrimOptions& options = {});

}  // namespace weir::media
