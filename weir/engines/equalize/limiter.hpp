// Limiter: keeps two channels below a ceiling, between the samples too, by turning both down in time.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "weir/engines/equalize/true_peak.hpp"

namespace weir::equalize {

// The smallest of the last `length` values.
// Thread-safety: one thread at a time.  Allocates: construction only.  Blocks: never.  Ownership: owns its values.
class SlidingMinimum {
 public:
  explicit SlidingMinimum(int length);
  float push(float value) noexcept;
  void reset() noexcept { first_ = end_ = now_ = 0; }

 private:
  struct Entry {
    float value;
    std::uint64_t when;
  };
  // Those that may become the smallest, in rising order, at positions first_ … end_ of a ring.
  std::vector<Entry> ring_;
  std::uint64_t mask_, length_;
  std::uint64_t first_ = 0, end_ = 0, now_ = 0;
};

// Sees a peak 1.5 ms before it comes, turns both channels down along an S-shaped line, and up again in about 100 ms.
// What stays below the ceiling passes unchanged, to the bit, latency_frames() later. Peaks are found as in BS.1770-4,
// annex 2 (TruePeak); by that measure the ceiling holds within 0.001 dB at rates from 8 kHz. By a finer one, tones of
// up to 20 kHz at 48 kHz come out up to 0.5 dB above it, bursts of them 0.7 dB, white noise 1 dB, and signs set to be
// the worst between two samples 3.1 dB. What is no number or infinite is taken as silence.
// Thread-safety: process() and reset() one thread at a time, the hot one; the counts from any thread.
// Allocates: construction only.  Blocks: never.  Ownership: owns its buffers.
class Limiter {
 public:
  // rate_hz in 1…768000; ceiling_db (dBTP) finite and at most 0.
  explicit Limiter(double rate_hz, double ceiling_db = -1.0);

  // In place; any number of frames, blocks of any sizes give the same result.
  void process(float* left, float* right, int frames) noexcept;
  void reset() noexcept;

  int latency_frames() const noexcept { return static_cast<int>(delay_.size()); }
  // Frames that were turned down, since the start.
  std::uint64_t limited_frames() const noexcept { return limited_frames_.load(std::memory_order_relaxed); }
  // The lowest factor since it was last asked for, by one reader.
  float take_lowest_factor() noexcept { return lowest_.exchange(1, std::memory_order_relaxed); }

 private:
  struct Frame {
    float left = 0, right = 0;
  };
  // The sum of the last values of a whole number each: exact for ever.
  class RunningSum {
   public:
    RunningSum(int length, std::int64_t value) : ring_(static_cast<std::size_t>(length), value) { fill(value); }
    std::int64_t push(std::int64_t value) noexcept;
    void fill(std::int64_t value) noexcept;

   private:
    std::vector<std::int64_t> ring_;
    std::size_t at_ = 0;
    std::int64_t sum_ = 0;
  };

  float next_factor(float peak) noexcept;

  const float ceiling_;
  const int ramp_frames_;  // half of the look-ahead, which is two averages
  const double release_;   // of the way back, each frame
  TruePeak left_peak_, right_peak_;
  float last_peak_ = 0;
  SlidingMinimum wanted_;
  double held_ = 1;
  RunningSum first_, second_;
  std::vector<Frame> delay_;
  std::size_t at_ = 0;
  std::atomic<std::uint64_t> limited_frames_{0};
  std::atomic<float> lowest_{1};
};

}  // namespace weir::equalize
