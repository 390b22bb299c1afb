// Fft: the one complex Fourier transform that the convolver needs. Two files implement it: fft_fftw.cpp and
// fft_kiss.cpp (CMake option WEIR_FFT).
#pragma once

#include <cstddef>
#include <memory>

namespace weir::convolve {

// How a transform is found: the first time that a size is asked for, measuring takes some 3 ms (32) to 160 ms (8192),
// and pays for itself after minutes of sound: transforms are then a sixth faster up to 2048, and a third above.
enum class Effort { estimated, measured };

// Forward, not normalised. `size` complex numbers, real and imaginary part interleaved; a multiple of 16 with no prime
// factors but 2, 3 and 5.
// Thread-safety: construction from any thread; an instance is for one thread at a time.  Allocates: construction only.
// Blocks: construction, if measured.  Ownership: owns its plan.
class Fft {
 public:
  Fft(std::size_t size, Effort effort);
  ~Fft();
  Fft(const Fft&) = delete;
  Fft& operator=(const Fft&) = delete;

  // Both begin on a cache line and do not overlap.
  void forward(const float* in, float* out) noexcept;

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace weir::convolve
