#include "weir/media/responses/convert_rate.hpp"

#include <soxr.h>

#include <algorithm>
#include <cmath>

namespace weir::media {
namespace {

Result<std::vector<float>> converted(const std::vector<float>& in, std::size_t pad, double from_hz, double to_hz) {
  std::vector<float> padded(in.size() + 2 * pad);
  std::ranges::copy(in, padded.begin() + static_cast<std::ptrdiff_t>(pad));
  const auto frames = static_cast<std::size_t>(std::ceil(static_cast<double>(padded.size()) * to_hz / from_hz));
  std::vector<float> out(frames);
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_VHQ, 0);
  std::size_t done = 0;
  const soxr_error_t error = soxr_oneshot(from_hz, to_hz, 1, padded.data(), padded.size(), nullptr, out.data(), frames,
                                          &done, nullptr, &quality, nullptr);
  if (error != nullptr) return fail(Code::failed, "the responses cannot be converted to this rate", {}, error);
  // A response is a density over time: with more samples in a second each must be smaller.
  for (float& v : out) v *= static_cast<float>(from_hz / to_hz);
  return out;
}

}  // namespace

Result<ResponseSet> convert_rate(const ResponseSet& set, int rate_hz) {
  if (rate_hz < ResponseSet::min_rate_hz || rate_hz > ResponseSet::max_rate_hz) {
    return fail(Code::invalid, "the sample rate is not between 8000 and 384000 Hz", set.name, std::to_string(rate_hz));
  }
  if (rate_hz == set.rate_hz) return set;
  const double ratio = static_cast<double>(rate_hz) / set.rate_hz;
  constexpr double ringing = 256;  // samples of the lower rate; the filter is shorter
  const auto pad = static_cast<std::size_t>(std::ceil(ringing * std::max(1.0, 1 / ratio)));
  ResponseSet out{rate_hz, {}, set.name};
  for (const Response& r : set.responses) {
    auto left = converted(r.left, pad, set.rate_hz, rate_hz), right = converted(r.right, pad, set.rate_hz, rate_hz);
    if (!left || !right) return tl::unexpected((left ? right : left).error());
    out.responses.push_back({r.speaker, *std::move(left), *std::move(right)});
  }
  const auto most = static_cast<std::size_t>(std::floor(static_cast<double>(pad) * ratio));
  drop_quiet_ends(out, most, most, -80);
  return finished(std::move(out));
}

}  // namespace weir::media
