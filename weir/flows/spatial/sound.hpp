// From what a person asked for to what the renderer plays: files read, rates converted, filters transformed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/flows/spatial/options.hpp"
#include "weir/flows/spatial/renderer.hpp"
#include "weir/media/audio/speakers.hpp"
#include "weir/media/responses/for_layout.hpp"

namespace weir::spatial {

// The responses of a sound's channels, and what was done to get them: for people.
struct Heard {
  media::LayoutResponses responses;
  std::string name;     // of the set: "atmos"
  int set_rate_hz = 0;  // before conversion
  double gain_db = 0;   // by normalising or matched loudness, already in the responses
};

// Off every hot path: reads files and may take seconds. Errors name the file, and say what to do.
Result<Heard> read_responses(const ResponseOptions& options, const media::Layout& layout, int rate_hz);

// All that a change needs. `shape` is the renderer's: responses longer than its max_taps are refused.
Result<std::unique_ptr<Sound>> prepare(const SoundOptions& options, const Heard& heard, const convolve::Shape& shape);

}  // namespace weir::spatial
