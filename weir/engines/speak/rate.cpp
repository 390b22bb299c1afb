#include "weir/engines/speak/rate.hpp"

#include <soxr.h>

#include <algorithm>
#include <cmath>

namespace weir::speak {

Result<Speech> at_rate(const Speech& speech, int rate_hz) {
  if (speech.rate_hz == rate_hz || speech.samples.empty()) {
    Speech same = speech;
    same.rate_hz = rate_hz;
    return same;
  }
  const double ratio = static_cast<double>(rate_hz) / speech.rate_hz;
  Speech out;
  out.rate_hz = rate_hz;
  out.samples.resize(static_cast<std::size_t>(std::llround(static_cast<double>(speech.samples.size()) * ratio)));
  soxr_io_spec_t io = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
  io.flags = SOXR_NO_DITHER;
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
  std::size_t used = 0, made = 0;
  const soxr_error_t error = soxr_oneshot(speech.rate_hz, rate_hz, 1, speech.samples.data(), speech.samples.size(),
                                          &used, out.samples.data(), out.samples.size(), &made, &io, &quality, nullptr);
  if (error != nullptr) return fail(Code::failed, "the sample rate cannot be converted", {}, error);
  // soxr may be a sample short of what rounding says: the last ones are silence.
  const auto last = static_cast<std::int64_t>(out.samples.size());
  const auto moved = [&](std::int64_t at) {
    return std::min(static_cast<std::int64_t>(std::llround(static_cast<double>(at) * ratio)), last);
  };
  out.words.reserve(speech.words.size());
  for (const WordTime& word : speech.words) out.words.push_back({moved(word.start), moved(word.end)});
  return out;
}

}  // namespace weir::speak
