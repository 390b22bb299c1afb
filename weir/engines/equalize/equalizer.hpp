// Equalizer: runs an Equalization over two channels and changes to another one without a step.
#pragma once

#include <array>
#include <cstdint>

#include "weir/engines/equalize/equalization.hpp"

namespace weir::equalize {

// Filters in double precision, sample by sample, so that blocks of any sizes give the same result.
// Samples that are no number or infinite are taken as silence and counted; what comes out is always finite.
// Thread-safety: one thread at a time, the hot one; it borrows equalizations, which nobody may change or free until
// they came back from retired().  Allocates: never.  Blocks: never.  Ownership: borrows.
class Equalizer {
 public:
  // nullptr, here and below, is flat: what comes in goes out, to the bit.
  explicit Equalizer(const Equalization* first = nullptr) noexcept : now_(first) {}

  // From the next sample on: linearly from what runs to `next`, which starts from silence, over `frames` (at least 1).
  // False, and nothing changes, while a fade runs or while the last one's retired() was not fetched.
  bool fade_to(const Equalization* next, int frames) noexcept;
  bool fading() const noexcept { return fade_frames_ != 0; }
  // What the last fade replaced, once, when it is over; then it is not looked at any more. Else nullptr.
  const Equalization* retired() noexcept;

  // In place; any number of frames.
  void process(float* left, float* right, int frames) noexcept;
  // Forgets what it heard. A fade that runs is over.
  void reset() noexcept;

  // Samples that were no number or infinite, since the start.
  std::uint64_t not_finite() const noexcept { return not_finite_; }

 private:
  // Transposed direct form II keeps two values a section.
  struct Memory {
    Stereo one = {}, two = {};
  };
  using Memories = std::array<Memory, max_bands>;

  static Stereo filter(const Equalization* equalization, Memories& memories, Stereo in) noexcept;
  void run(float* left, float* right, int frames) noexcept;
  void run_fade(float* left, float* right, int frames) noexcept;
  Stereo take(float left, float right) noexcept;
  void end_fade() noexcept;

  const Equalization* now_;
  const Equalization* next_ = nullptr;
  const Equalization* retired_ = nullptr;
  int fade_frames_ = 0, faded_ = 0;  // 0: no fade
  Memories memories_[2] = {};
  int which_ = 0;  // of the memories are now_'s
  std::uint64_t not_finite_ = 0;
};

}  // namespace weir::equalize
