// Impulse responses from whatever a user has.
#pragma once

#include "weir/media/responses/response_set.hpp"
#include "weir/media/responses/sofa.hpp"
#include "weir/media/responses/track_map.hpp"

namespace weir::media {

struct LoadOptions {
  TrackOrder order = TrackOrder::automatic;
  std::filesystem::path map = {};  // a mix.txt; empty: one that lies beside the file, if the order is automatic
  SofaPick pick = SofaPick::interpolated;
};

// Reads, by what `path` is:
//   empty                       default_responses()
//   a SOFA file                 read_sofa(), for the layout's speakers; all others have the speakers that they have
//   an audio file               by the map, else by the order: see track_map.hpp
//   FL.wav, a stereo file       that speaker alone: left ear, right ear
//   NAME_L.wav or NAME_R.wav    both: the left and the right ear's tracks of each speaker, in the file's own layout or
//   the
//                               usual one of so many
//   a folder                    FL.wav, FR.wav … in it, else the one NAME_L and NAME_R in it
// Errors: those of read_tracks(), track_map(), parse_track_map(), read_sofa() and finished(), with the file as owner;
// `invalid`: the files of a folder have different rates or numbers of tracks.
// Thread-safety: any thread.  Allocates: the files and the result.  Blocks: file system.  Ownership: none.
Result<ResponseSet> load_responses(const std::filesystem::path& path, const Layout& layout,
                                   const LoadOptions& options = {});

}  // namespace weir::media
