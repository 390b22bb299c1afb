// What is in a SOFA file, checked and in plain memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/audio/speakers.hpp"

namespace weir::media {

// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: owns its samples.
struct SofaFile {
  static constexpr std::uint64_t max_bytes = 256U << 20;  // larger files are refused

  struct Measurement {
    Direction direction;
    float distance = 0;
    float left_delay = 0, right_delay = 0;  // in samples
  };

  int rate_hz = 0;
  std::size_t taps = 0;
  std::vector<Measurement> measurements;  // at least one
  std::vector<float> samples;             // of each measurement the left ear's, then the right ear's

  std::span<const float> left(std::size_t measurement) const { return ear(2 * measurement); }
  std::span<const float> right(std::size_t measurement) const { return ear(2 * measurement + 1); }

 private:
  std::span<const float> ear(std::size_t index) const { return std::span(samples).subspan(index * taps, taps); }
};

// `not_found`, `denied`; `corrupt`: no SOFA file, or a broken one; `unsupported`: another convention than
// SimpleFreeFieldHRIR; `invalid`: too large. One thread at a time is inside libmysofa.
// Thread-safety: any thread.  Allocates: the whole file.  Blocks: file system, other readers.  Ownership: none.
Result<SofaFile> read_sofa_file(const std::filesystem::path& path);

}  // namespace weir::media
