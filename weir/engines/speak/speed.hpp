// Speed: faster or slower speech at the same pitch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/engines/speak/voice.hpp"

namespace weir::speak {

constexpr double slowest = 0.5, fastest = 3.0;

// Leaves out or repeats whole periods of the voice (sonic's PICOLA and WSOLA). Since it goes by whole periods of up to
// 15 ms, a moment of the sound lies up to that much beside where map() says, some ms as a rule, and no farther however
// long the sound is: sonic alone rounds each period down and drifts by up to 0.4 %, which is steered against here.
// At 1.0 every sample comes out as it went in, at once.
// Thread-safety: one thread at a time.  Allocates: sonic's buffers, which stay; `out` as it grows.  Blocks: never.
// Ownership: owns sonic's stream.
class Speed {
 public:
  // Mono of 8 to 192 kHz. Errors: `invalid`: another rate, or a speed that is not from `slowest` to `fastest`.
  static Result<Speed> make(int rate_hz, double speed);

  // What is ready is appended to `out`; some 40 ms stay behind. Error: `exhausted`: no memory.
  Result<void> process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out);
  // The rest, so that since the last flush map(samples in) samples have come out, exactly. The next sample begins anew.
  Result<void> flush(std::vector<std::int16_t>& out);

  // Where a sample lies in what comes out, both counted since the last flush. Monotone.
  std::int64_t map(std::int64_t sample) const noexcept;

 private:
  struct Stream;
  struct Close {
    void operator()(Stream* stream) const noexcept;
  };
  Speed(std::unique_ptr<Stream, Close> stream, int rate_hz, double speed) noexcept;
  Result<void> write(std::span<const std::int16_t> in);
  void read(std::vector<std::int16_t>& out);
  void steer(std::size_t samples);

  std::unique_ptr<Stream, Close> stream_;  // none at 1.0
  double speed_;
  double second_;  // in samples
  double usual_;   // samples that sonic holds back on average
  double held_;    // that it holds back now, smoothed
  std::int64_t in_ = 0, out_ = 0;
};

// A whole speech with the times of its words.
Result<Speech> at_speed(const Speech& speech, double speed);

}  // namespace weir::speak
