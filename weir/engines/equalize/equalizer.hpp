// Equalizer: runs an Equalization over two channels and changes to another one without a step.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "weir/engines/equalize/equalization.hpp"

namespace weir::equalize {

// Filters in double precision, sample by sample, so that blocks of any sizes give the same result. It fades as the
// convolver does: out = (1 − g)·old + g·new with g = (n − start) / frames, where the new one starts from silence.
// Samples that are no number or infinite are taken as silence and counted; what comes out is always finite.
// Thread-safety: one thread at a time, the hot one.  Allocates: never.  Blocks: never.
// Ownership: owns its equalizations from fade_to() on, until they leave through retired().
class Equalizer {
 public:
  // Flat: what comes in goes out, to the bit.
  Equalizer() noexcept = default;

  // Goes over to `next` (nullptr: flat) within `frames` (0: at once), from the next sample on. Before the first sample
  // it is at once. False, and `next` stays the caller's: a fade is under way, or the last one's old equalization was
  // not yet fetched from retired(); try again at the next block.
  [[nodiscard]] bool fade_to(Equalization* next, int frames) noexcept;
  // The equalization that is no longer read, once; nullptr: none.
  Equalization* retired() noexcept { return retired_.release(); }
  bool fading() const noexcept { return fade_frames_ != 0; }
  // Nothing to do: whoever knows that all samples are numbers may leave process() out.
  bool flat() const noexcept { return now_ == nullptr && !fading(); }

  // In place; any number of frames.
  void process(float* left, float* right, int frames) noexcept;
  // Forgets what it heard. A fade is at its end.
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

  std::unique_ptr<Equalization> now_, next_, retired_;
  int fade_frames_ = 0, faded_ = 0;  // 0: no fade
  bool silent_ = true;               // until the first sample
  Memories memories_[2] = {};
  int which_ = 0;  // of the memories are now_'s
  std::uint64_t not_finite_ = 0;
};

}  // namespace weir::equalize
