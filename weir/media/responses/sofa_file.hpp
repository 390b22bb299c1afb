// What is in a SOFA file, checked and in plain memory.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/audio/speakers.hpp"

namespace weir::media {

// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: owns its samples.
struct SofaFile {
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

// `corrupt`: no SOFA file, or a broken one; `unsupported`: another convention than SimpleFreeFieldHRIR. For the worker
// weir-worker-sofa alone: libmysofa 1.3 reads and writes where it must not when bytes are made for it, and takes as
// much memory as they ask for. read_sofa() is for everybody else. Thread-safety: one thread in the process.  Allocates:
// the whole file.  Blocks: never.  Ownership: none.
Result<SofaFile> parse_sofa(std::span<const std::byte> bytes);

}  // namespace weir::media
