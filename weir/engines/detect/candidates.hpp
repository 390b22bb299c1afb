// Candidates: boxes that a network proposes, before those of the same thing are put together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "weir/engines/detect/detector.hpp"

namespace weir::detect {

// Takes what is at least `confidence`, of a wanted label and a real rectangle; the rest, NaN included, is let go.
// Thread-safety: one thread at a time.  Allocates: construction.  Blocks: never.  Ownership: owns what it took.
class Candidates {
 public:
  // `wanted`: by label, whether to take it.  `capacity`: of boxes between two clear(); more are let go.
  Candidates(float confidence, std::vector<std::uint8_t> wanted, std::size_t capacity);

  void clear() noexcept { taken_.clear(); }
  float least() const noexcept { return least_; }
  int labels() const noexcept { return static_cast<int>(wanted_.size()); }
  // In any unit: left, top, width, height.
  void add(float x, float y, float w, float h, float confidence, int label) noexcept;
  void add_centred(float x, float y, float w, float h, float confidence, int label) noexcept {
    add(x - w / 2, y - h / 2, w, h, confidence, label);
  }
  void add_corners(float left, float top, float right, float bottom, float confidence, int label) noexcept {
    add(left, top, right - left, bottom - top, confidence, label);
  }
  std::span<Detection> taken() noexcept { return taken_; }

 private:
  float least_;
  std::vector<std::uint8_t> wanted_;
  std::vector<Detection> taken_;
};

// Shared area over joint area; 0 where both are empty.
float overlap(const Detection& a, const Detection& b) noexcept;

// Sorts by confidence and keeps of each label the strongest of those that overlap by more than `most`: greedy
// suppression, class by class. Looks at the `considered` strongest. Returns what is kept, at the front of `boxes`.
std::span<Detection> suppress(std::span<Detection> boxes, float most, std::size_t considered,
                              std::size_t kept) noexcept;

}  // namespace weir::detect
