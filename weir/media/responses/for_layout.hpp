// The responses of a sound's channels: a set of responses, seen from a layout.
#pragma once

#include "weir/media/responses/response_set.hpp"

namespace weir::media {

// A channel whose speaker the set does not have, and what it plays through instead.
struct Substitution {
  Speaker wanted = Speaker::FL;
  std::string instead;  // "FC", "BL + BR at -3 dB", "SL, 30° away"
};

// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: owns its samples.
struct LayoutResponses {
  int rate_hz = 0;
  std::vector<Response> channels;           // one for each of the layout's channels, in its order, equally long
  std::vector<Substitution> substitutions;  // to be shown: nothing is replaced silently
};

enum class Missing {
  refuse,   // a speaker for which there is no usual replacement is an error
  nearest,  // it plays through the speaker nearest in angle
};

// What is usual is done either way: LFE through FC, the surround pair through the other pair, BC through both backs (or
// sides) at -3 dB each, FC through FL and FR at -3 dB each, FLC and FRC through FL and FR. `not_found`: others that are
// missing, all of them listed with what the set has.
// Thread-safety: any thread.  Allocates: the result.  Blocks: never.  Ownership: none.
Result<LayoutResponses> for_layout(const ResponseSet& set, const Layout& layout, Missing missing = Missing::refuse);

}  // namespace weir::media
