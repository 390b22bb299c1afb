// Which track of a file is which speaker at which ear.
#pragma once

#include <string_view>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/audio/speakers.hpp"

namespace weir::media {

// Track numbers from 0.
struct TrackPair {
  Speaker speaker = Speaker::FL;
  int left = 0, right = 0;
  bool operator==(const TrackPair&) const = default;
};
using TrackMap = std::vector<TrackPair>;

enum class TrackOrder {
  automatic,  // by the number of tracks: 7, 14 and 30 are HeSuVi's, 4, 16 and 32 are pairs
  hesuvi,     // 7: one side, the other is its mirror; 14 to 30: both sides, then WL WR TFL TFR TSL TSR TBL TBR in pairs
  pairs,      // left and right ear of each speaker, in the order of the usual layout of so many
  blocks,     // the left ear of each speaker, then the right ear of each, in that order
};

std::string_view to_string(TrackOrder order) noexcept;
// "automatic", "hesuvi", "pairs", "blocks"; `invalid` with these words for anything else.
Result<TrackOrder> parse_track_order(std::string_view text);

// `invalid`: no file of that order has so many tracks; the error lists those that are known.
Result<TrackMap> track_map(TrackOrder order, int tracks);

// A mix.txt: `NAME = LEFT, RIGHT` a line, # and ; begin a comment. `invalid` with the line: anything else, an unknown
// speaker, one that was named before, a track that the file does not have, two sides with the same tracks.
// Thread-safety: any thread.  Allocates: the map.  Blocks: never.  Ownership: none.
Result<TrackMap> parse_track_map(std::string_view text, int tracks);

}  // namespace weir::media
