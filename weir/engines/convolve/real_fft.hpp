// RealFft: samples ⇄ spectra in the convolver's own layouts, by a complex transform of half the length.
#pragma once

#include <cstddef>

#include "weir/engines/convolve/fft.hpp"
#include "weir/engines/convolve/floats.hpp"
#include "weir/engines/convolve/kernels.hpp"

namespace weir::convolve {

// Of 2·bins samples, not normalised: back and forth gives 2·bins times the samples. The even samples are taken for real
// parts and the odd ones for imaginary parts; the two spectra that are in the result together are told apart by their
// symmetry (Numerical Recipes, "FFT of single real function"). Half as long in measurements as FFTW's own transform of
// real samples, and its inverse needs no plan of its own.
// Thread-safety: one thread at a time.  Allocates: construction only.  Blocks: construction (see Fft).
// Ownership: owns its plan and scratch memory.
class RealFft {
 public:
  explicit RealFft(std::size_t bins, const Kernels& kernels = best_kernels(), Effort effort = Effort::measured);

  // Floats of a sum of spectra (see Kernels).
  static std::size_t sum_floats(std::size_t bins) noexcept { return 2 * plane(bins); }

  // `time` begins on a cache line; the groups of the spectrum follow every `group_stride` floats.
  void forward(const float* time, float* spectrum, std::size_t group_stride) noexcept;
  // Leaves nothing useful in `sum`.
  void inverse(float* sum, float* time) noexcept;

 private:
  std::size_t bins_;
  const Kernels& kernels_;
  Fft fft_;
  Floats turns_;    // cos πk/bins, then sin
  Floats complex_;  // with place for one bin more
};

}  // namespace weir::convolve
