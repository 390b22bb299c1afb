// Delays by parts of a sample, for impulse responses.
#pragma once

#include <span>
#include <vector>

namespace weir::media {

// How far a delay by a part of a sample reaches before and after each sample.
inline constexpr int fractional_delay_reach = 32;

// The samples `delay` later, `taps` long: a plain shift if the delay is whole, else through a windowed sinc (Kaiser, β
// 8; flat within 0.1 dB up to 0.9 of the band). What falls before the beginning or behind the end is lost.
// Thread-safety: any thread.  Allocates: the result.  Blocks: never.  Ownership: none.
std::vector<float> delayed(std::span<const float> samples, double delay, std::size_t taps);

}  // namespace weir::media
