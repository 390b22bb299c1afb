// Everything that `weir spatial` can be told, as plain values. Where they come from is the application's business.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "weir/media/audio/sound_writer.hpp"
#include "weir/media/responses/track_map.hpp"

namespace weir::spatial {

using Seconds = std::chrono::duration<double>;

// What the loudspeakers sound like at the ears.
struct ResponseOptions {
  std::filesystem::path hrir;  // WAV, SOFA, a folder of pairs; empty: the KEMAR set of Debian's libmysofa
  std::filesystem::path map;   // mix.txt; empty: the one beside the file, or `order`
  media::TrackOrder order = media::TrackOrder::automatic;
  bool interpolate = true;  // SOFA: between measured directions, else the nearest one
  bool trim = false, normalise = false, match_loudness = false;
  bool operator==(const ResponseOptions&) const = default;
};

// What is heard: all of this can be changed while it plays.
struct SoundOptions {
  ResponseOptions responses;
  std::string layout;        // of the input: "7.1", "FL,FR,FC"; empty: as the file says
  std::filesystem::path eq;  // Equalizer APO or AutoEq text; empty: none
  double gain_db = 0;
  bool operator==(const SoundOptions&) const = default;
};

// A driver like a sound card's: it asks for a block whenever one is due, ready or not.
struct PacedOptions {
  double speed = 1;   // of real time
  double jitter = 0;  // how late a callback may come, as a share of its block's time, 0 to 1
  bool operator==(const PacedOptions&) const = default;
};

struct SpatialOptions {
  std::filesystem::path in, out;  // "-": standard input, standard output
  SoundOptions sound;
  bool limiter = false;
  std::vector<int> blocks = {4096};  // frames of a block, 1 to 8192; several: drawn at random, block by block
  std::uint64_t seed = 1;            // of blocks and jitter
  std::optional<PacedOptions> paced = {};
  media::SampleFormat format = media::SampleFormat::int24;  // of the output
  std::optional<Seconds> for_duration = {};                 // of the input
  bool operator==(const SpatialOptions&) const = default;
};

}  // namespace weir::spatial
