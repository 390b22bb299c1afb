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

struct Kernels {
  const char* name;
  // out = base + Σ over terms of history × response, bin by bin, for groups first…end-1 and both ears. `out` and `base`
  // (or nullptr) are packed spectra as of Fft; in bin 0 real and imaginary parts are multiplied each for itself.
  void (*multiply_add)(const Terms& terms, std::size_t first_group, std::size_t end_group, const float* const base[2],
                       float* const out[2]) noexcept;
  // A packed spectrum as of Fft → a place in the history.
  void (*split)(const float* spectrum, float* history, std::size_t group_stride, std::size_t groups) noexcept;
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
