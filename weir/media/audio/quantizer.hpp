// Quantizer: floats to whole numbers of 16, 24 or 32 bits, with dither, and with a count of what does not fit.
#pragma once

#include <cstdint>
#include <span>

namespace weir::media {

// 16 and 24 bits are dithered with triangular noise of ±1 step (S. P. Lipshitz, R. A. Wannamaker and J. Vanderkooy,
// "Quantization and Dither", 1992), the same in every run: the error is noise of 1/4 step² that does not depend on the
// sound, instead of distortion. What is beyond ±1 is clamped and counted; what is no number or infinite is 0 and
// counted.
// Thread-safety: one thread at a time.  Allocates: never.  Blocks: never.  Ownership: owns its counts.
class Quantizer {
 public:
  // bits: 16, 24, 32, or 0 for floats that stay floats.
  explicit Quantizer(int bits) noexcept;

  // Values of `bits`, in ±2^(bits−1). out.size() is in.size().
  void to_integers(std::span<const float> in, std::span<std::int32_t> out) noexcept;
  // Only what is no number is changed, and everything counted as above but nothing clamped.
  void to_floats(std::span<const float> in, std::span<float> out) noexcept;

  std::uint64_t clipped() const noexcept { return clipped_; }  // samples beyond ±1
  std::uint64_t not_finite() const noexcept { return not_finite_; }
  float peak() const noexcept { return peak_; }  // the greatest magnitude that came in

 private:
  double noise() noexcept;

  double scale_;
  bool dithered_;
  std::uint64_t state_ = 0x9E3779B97F4A7C15;
  std::uint64_t clipped_ = 0, not_finite_ = 0;
  float peak_ = 0;
};

}  // namespace weir::media
