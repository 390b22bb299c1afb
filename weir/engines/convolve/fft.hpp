// Fft: the one real Fourier transform that the convolver needs. Two files implement it: fft_fftw.cpp and fft_kiss.cpp
// (CMake option WEIR_FFT).
#pragma once

#include <cstddef>
#include <memory>

namespace weir::convolve {

// Of 2·bins real samples, not normalised: inverse(forward(x)) = 2·bins·x. A spectrum is `bins` complex numbers, real
// and imaginary part interleaved; the parts of number 0, both real otherwise, are the ones of frequency 0 and of the
// highest frequency. `bins` is a multiple of 16 with no prime factors but 2, 3 and 5. Thread-safety: construction from
// any thread; an instance is for one thread at a time.  Allocates: construction only. Blocks: construction, for up to
// some 100 ms the first time that a size is asked for.  Ownership: owns its plan.
class Fft {
 public:
  explicit Fft(std::size_t bins);
  ~Fft();
  Fft(const Fft&) = delete;
  Fft& operator=(const Fft&) = delete;

  std::size_t bins() const noexcept { return bins_; }
  // Floats that a spectrum's buffer has place for: more than the 2·bins of the spectrum.
  std::size_t spectrum_floats() const noexcept { return 2 * bins_ + 16; }

  // Both buffers begin on a cache line.
  void forward(const float* time, float* spectrum) noexcept;
  // Leaves nothing useful in `spectrum`.
  void inverse(float* spectrum, float* time) noexcept;

 private:
  struct Plans;
  std::size_t bins_;
  std::unique_ptr<Plans> plans_;
};

}  // namespace weir::convolve
