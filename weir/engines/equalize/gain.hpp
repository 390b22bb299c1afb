// Gain: one factor for two channels that changes along a straight line.
#pragma once

#include <algorithm>

namespace weir::equalize {

// Thread-safety: one thread at a time, the hot one.  Allocates: never.  Blocks: never.  Ownership: owns its values.
class Gain {
 public:
  explicit Gain(float factor = 1) noexcept : from_(factor), to_(factor) {}

  // From where it is now to `factor`, which has to be finite, over `frames` (at least 1). A ramp that runs is left off.
  void ramp_to(float factor, int frames) noexcept {
    from_ = now();
    to_ = factor;
    frames_ = std::max(frames, 1);
    done_ = 0;
  }
  float now() const noexcept {
    return done_ == frames_ ? to_ : static_cast<float>(from_ + (static_cast<double>(to_) - from_) * done_ / frames_);
  }
  bool ramping() const noexcept { return done_ != frames_; }

  // In place; any number of frames, blocks of any sizes give the same result.
  void process(float* left, float* right, int frames) noexcept {
    int i = 0;
    for (; i < frames && ramping(); ++i) {
      ++done_;
      const float factor = now();
      left[i] *= factor;
      right[i] *= factor;
    }
    if (to_ == 1) return;
    for (; i < frames; ++i) {
      left[i] *= to_;
      right[i] *= to_;
    }
  }

 private:
  float from_, to_;
  int frames_ = 0, done_ = 0;
};

}  // namespace weir::equalize
