// PeakMeter: counts what would clip. Cheap enough to run always.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::equalize {

// Looks at two channels, changes nothing.
// Thread-safety: process() one thread at a time, the hot one; the rest from any thread, take_recent() by one reader.
// Allocates: never.  Blocks: never.  Ownership: owns its counts.
class PeakMeter {
 public:
  struct Peaks {
    float left = 0, right = 0;  // the greatest magnitudes; 1 is full scale
  };

  void process(const float* left, const float* right, int frames) noexcept;

  // Samples beyond full scale, of both channels, since the start: what integer formats and devices would clip.
  std::uint64_t over() const noexcept { return over_.load(std::memory_order_relaxed); }
  // Samples that are no number or infinite, since the start. They are no peaks.
  std::uint64_t not_finite() const noexcept { return not_finite_.load(std::memory_order_relaxed); }
  // Since the start.
  Peaks peaks() const noexcept;
  // Since it was last asked for.
  Peaks take_recent() noexcept;

 private:
  struct Side {
    std::atomic<float> peak{0}, recent{0};
  };
  static float look(const float* samples, int frames, std::uint64_t& over, std::uint64_t& not_finite) noexcept;
  static void note(Side& side, float peak) noexcept;

  Side left_, right_;
  std::atomic<std::uint64_t> over_{0}, not_finite_{0};
};

}  // namespace weir::equalize
