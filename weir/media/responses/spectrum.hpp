// Power over frequency of an impulse response.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace weir::media {

// |DFT|² at 0, 1/size … 1/2 of the sample rate: size / 2 + 1 values. `size`: a power of two, at least as many as
// samples. Thread-safety: any thread.  Allocates: yes.  Blocks: never.  Ownership: none.
std::vector<double> power_spectrum(std::span<const float> samples, std::size_t size);

}  // namespace weir::media
