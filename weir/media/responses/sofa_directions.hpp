// What measurements all around a head say about the places of speakers.
#pragma once

#include "weir/media/responses/response_set.hpp"
#include "weir/media/responses/sofa_file.hpp"

namespace weir::media {

enum class SofaPick {
  nearest,       // the measurement nearest to the speaker, as it was taken
  interpolated,  // between the three nearest, if none is within 0.1°
};

// "nearest", "interpolated"; `invalid` with these words for anything else.
Result<SofaPick> parse_sofa_pick(std::string_view text);

// The responses of the layout's speakers at their directions(), with their delays; the LFE brings the centre along,
// since it plays through it. An interpolated response is the mean of three, weighted by the inverse of their angles,
// after each ear's responses were shifted onto each other (cross-correlation, parts of a sample): so neither highs nor
// the delay between the ears are smeared. Where parts of a sample are shifted, the whole set may begin some samples
// later. At several distances the farthest is taken. `invalid`: no measurement within 20° of a speaker; what finished()
// refuses.
// Thread-safety: any thread.  Allocates: the result.  Blocks: never.  Ownership: none.
Result<ResponseSet> responses_at(const SofaFile& file, const Layout& layout, SofaPick pick);

}  // namespace weir::media
