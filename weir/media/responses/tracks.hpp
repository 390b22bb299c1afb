// An audio file's tracks, as the makers of impulse responses write them.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/audio/speakers.hpp"

namespace weir::media {

// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: owns its samples.
struct Tracks {
  static constexpr int max_tracks = 64;

  int rate_hz = 0;
  std::vector<std::vector<float>> samples;  // of each track, equally long, ±1 is full scale
  std::optional<Layout> layout;             // what the file says of its tracks, else what is usual of so many
};

// Reads what SoundReader reads (WAV in every form, RF64, W64, FLAC …) within the bounds of ResponseSet, which are
// checked before there is memory for the samples. `not_found`, `denied`; `corrupt`: empty, damaged, cut off;
// `unsupported`: no audio file; `invalid`: too long, too many tracks, a rate out of bounds.
// Thread-safety: any thread.  Allocates: the samples.  Blocks: file system.  Ownership: none.
Result<Tracks> read_tracks(const std::filesystem::path& path);

// Whether there is a file to read; the errors are those of read_tracks().
Result<void> check_regular_file(const std::filesystem::path& path);

}  // namespace weir::media
