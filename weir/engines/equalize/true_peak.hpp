// How loud a signal becomes between its samples: interpolated four times, as ITU-R BS.1770-4, annex 2 has it.
#pragma once

#include <array>

namespace weir::equalize {

// One channel's peaks. The filter is a windowed sinc of 24 samples a phase, twice as long as the annex's example. As
// with every meter of four times, what peaks halfway between two of its places is missed: up to 0.17 dB for a sine at
// a quarter of the rate, 0.48 dB at 20 kHz of 48, 0.69 dB at half the rate.
// Thread-safety: one thread at a time.  Allocates: never.  Blocks: never.  Ownership: owns its history.
class TruePeak {
 public:
  static constexpr int most_frames = 64;
  static constexpr int delay_frames = 12;

  // peaks[i] = the greatest magnitude from the sample `delay_frames` before in[i] up to the one after that, exclusive.
  // At most most_frames. Blocks of any sizes give the same result.
  void find(const float* in, float* peaks, int frames) noexcept;
  void reset() noexcept { history_ = {}; }

 private:
  static constexpr int taps = 2 * delay_frames;
  std::array<float, taps - 1 + most_frames> history_ = {};
};

}  // namespace weir::equalize
