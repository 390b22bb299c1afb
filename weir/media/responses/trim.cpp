#include "weir/media/responses/trim.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace weir::media {

ResponseSet trimmed(ResponseSet set, const TrimOptions& options) {
  const std::size_t before = set.taps();
  drop_quiet_ends(set, before, 0, options.lead_below_db);
  const std::size_t led = set.taps();
  drop_quiet_ends(set, 0, led, options.tail_below_db);
  if (set.taps() == led) return set;  // nothing is cut off the end: nothing to fade
  const auto fade =
      static_cast<std::size_t>(std::min(options.fade_ms / 1000 * set.rate_hz, static_cast<double>(set.taps()) / 10));
  for (std::size_t i = 0; i < fade; ++i) {
    const double progress = static_cast<double>(i + 1) / static_cast<double>(fade + 1);
    const auto gain = static_cast<float>((1 + std::cos(std::numbers::pi * progress)) / 2);
    const std::size_t at = set.taps() - fade + i;
    for (Response& r : set.responses) r.left[at] *= gain, r.right[at] *= gain;
  }
  return set;
}

}  // namespace weir::media
