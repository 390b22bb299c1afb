// The inner loops of the convolver, in a portable form and in ones for AVX2 and AVX-512.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::convolve {

// Spectra are kept in groups of 16 bins, 16 real parts and then 16 imaginary ones: a cache line each, whatever the
// vectors' width. All that is read for one group lies together, so that memory is read in its order:
//   history   [group][partition, ring][input][re, im]
//   response  [group][term][left re, left im, right re, right im]
constexpr std::size_t group_bins = 16;
constexpr std::size_t spectrum_group = 2 * group_bins;  // floats
constexpr std::size_t response_group = 4 * group_bins;

// One term is one partition of one input: two spectra, the input's and the responses', to be multiplied. Terms are
// sorted by their partition's age, so that those behind the ring's end are the last ones.
struct Terms {
  const float* history;          // group 0
  std::size_t newest;            // where the newest partition begins, in floats
  std::size_t wrapped;           // the same for terms from `wrap` on: modulo 2^64, so that adding an offset is right
  const std::uint32_t* offsets;  // of each term's spectrum from there, in floats
  const float* response;         // group 0, term 0
  std::size_t all;               // terms of the response
  std::size_t first, end;        // those to be used
  std::size_t wrap;
  std::size_t group_stride;  // floats from one group of the history to the next
};

// A sum of spectra: all real parts, then all imaginary ones, each plane with place for one bin more.
constexpr std::size_t plane(std::size_t bins) noexcept { return bins + group_bins; }

// A spectrum of 2·bins real samples has bins + 1 bins, of which the first and the last are real: the last one's takes
// the place of the first one's imaginary part.
struct Kernels {
  const char* name;
  // out = base + Σ over terms of history × response, bin by bin, for groups first…end-1 and both ears. `out` and `base`
  // (or nullptr) are sums of `bins`; in bin 0 real and imaginary parts are multiplied each for itself.
  void (*multiply_add)(const Terms& terms, std::size_t bins, std::size_t first_group, std::size_t end_group,
                       const float* const base[2], float* const out[2]) noexcept;
  // z, the transform of even samples + i·odd samples, with its number 0 once more at its end → their spectrum, a group
  // every `group_stride` floats. With Z' = conj z[bins − k]: ½ (z[k] + Z') + ½ e^(−iπk/bins) (z[k] − Z') / i.
  void (*untangle)(const float* z, const float* turns, std::size_t bins, float* spectrum,
                   std::size_t group_stride) noexcept;
  // The way back, from a sum in which the last bin is in its own place: twice the z[bins − k] whose forward transform
  // is even samples + i·odd samples.
  void (*tangle)(const float* sum, const float* turns, std::size_t bins, float* z) noexcept;
  // Copies samples, 0 in place of those that are beyond ±limit or no number; returns how many those were.
  std::size_t (*copy_sound)(const float* from, float* to, std::size_t n, float limit) noexcept;
  // to += from.
  void (*add)(const float* from, float* to, std::size_t n) noexcept;
};

const Kernels& portable_kernels() noexcept;
// nullptr where this machine, or this build, cannot run them.
const Kernels* avx2_kernels() noexcept;
const Kernels* avx512_kernels() noexcept;
// The fastest this machine can run.
const Kernels& best_kernels() noexcept;

}  // namespace weir::convolve
