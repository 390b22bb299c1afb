// Work: what every subject computes. Eight channels of noise through dense responses to two ears.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bench {

constexpr std::size_t inputs = 8, ears = 2;
constexpr int rate_hz = 48'000;

// Thread-safety: reading from any thread.  Allocates: construction and exact().  Blocks: never.  Ownership: owns all.
class Work {
 public:
  Work(std::size_t taps, std::size_t block);

  std::size_t taps() const { return taps_; }
  std::size_t block() const { return block_; }
  // Falls by 20 dB over its length, so that its end counts; so loud that the sum of all inputs is at some 0.2.
  std::span<const float> response(std::size_t input, std::size_t ear) const { return responses_[input * ears + ear]; }
  // The samples of a block, `block` of them: about a second of noise that begins again.
  const float* input(std::size_t input, std::uint64_t block) const;
  // Sample n of an ear, in double precision, by the definition of convolution.
  double exact(std::size_t ear, std::uint64_t n) const;

 private:
  std::size_t taps_, block_, period_;
  std::vector<std::vector<float>> responses_, inputs_;
};

}  // namespace bench
