// Track: the lines' speech as one sound, with silence between them, and where in it each word is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/flows/read/line.hpp"
#include "weir/flows/read/options.hpp"

namespace weir::read {

// A line's places in the output, in samples.
struct LineTimes {
  std::int64_t start = 0, end = 0;
  std::vector<speak::WordTime> words;  // one for each of the line's
};

// All of it has one rate: that of the first speech, or the next one that is allowed. Speech that has another is
// converted.
// Thread-safety: one thread.  Allocates: yes.  Blocks: never.  Ownership: owns its buffer.
class Track {
 public:
  // rates: those that the output may have, ascending; none: any.
  Track(double speed, const Gaps& gaps, std::span<const int> rates);

  // Says what rate_hz() will be, before anything is added.
  Result<void> begin(int speech_rate_hz);

  // The sound of the line and the silence before it are samples() until the next call.
  Result<LineTimes> add(const Line& line, const speak::Speech& speech);
  std::span<const std::int16_t> samples() const noexcept { return samples_; }
  int rate_hz() const noexcept { return rate_hz_; }
  std::int64_t position() const noexcept { return position_; }  // samples so far
  // A new sound begins, without silence before it.
  void restart() noexcept;

 private:
  double gap_s(const Line& line) const;

  const Gaps gaps_;
  const double speed_;
  const std::vector<int> rates_;
  int rate_hz_ = 0;
  std::int64_t position_ = 0;
  std::vector<std::int16_t> samples_;
  std::optional<documents::Position> former_;
  std::uint32_t former_sentence_ = 0;
};

}  // namespace weir::read
