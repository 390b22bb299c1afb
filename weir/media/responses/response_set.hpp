// ResponseSet: what each speaker sounds like at each ear, as impulse responses.
#pragma once

#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/audio/speakers.hpp"

namespace weir::media {

// One speaker's impulse responses at both ears, equally long.
struct Response {
  Speaker speaker = Speaker::FL;
  std::vector<float> left, right;
};

// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: owns its samples.
struct ResponseSet {
  // What is longer or larger is no response, and is refused before it is read into memory.
  static constexpr int max_seconds = 10;
  static constexpr std::size_t max_samples = std::size_t{1} << 24;  // of all tracks together: 64 MiB
  static constexpr int min_rate_hz = 8000, max_rate_hz = 384000;
  static constexpr float max_value = 1e4F;  // 80 dB above full scale

  int rate_hz = 0;
  std::vector<Response> responses;  // each speaker once, all equally long
  std::string name;                 // the file's, without folder and extension

  const Response* find(Speaker speaker) const noexcept;
  std::size_t taps() const noexcept { return responses.empty() ? 0 : responses.front().left.size(); }
};

// Makes a set of what was read: all responses as long as the longest, those that are silent in both ears left out
// (files keep places for speakers that were not measured). `invalid`: not a number, infinite or above max_value; a
// speaker twice; nothing left; a rate or a length out of the bounds above.
Result<ResponseSet> finished(ResponseSet set);

// Takes silence off the ends of all responses together, so that their delays keep their differences: at most `max_lead`
// and `max_tail` samples, each more than `below_db` below the highest peak of the set. One sample is always left.
void drop_quiet_ends(ResponseSet& set, std::size_t max_lead, std::size_t max_tail, double below_db);

}  // namespace weir::media
