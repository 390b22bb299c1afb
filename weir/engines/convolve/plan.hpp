// Plan: how a response is cut into partitions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/engines/convolve/fft.hpp"

namespace weir::convolve {

constexpr int max_inputs = 16;
constexpr int max_block = 8192;
constexpr int max_response_taps = 1 << 20;

// What a convolver is made for.
struct Shape {
  int inputs = 8;       // 1…16; the ones of a response may be silent
  int block = 512;      // the frames that most calls will have, 1…8192; any other number works too, and costs more
  int max_taps = 4096;  // of the longest response that will come, 1…1,048,576
  Effort effort = Effort::measured;
};

// Partitions of one size. The first level, the head, is computed when its samples come; a later one has a whole
// partition's time for it, so that it begins two of its own partitions into the response.
struct Level {
  std::size_t size = 0;   // samples of a partition, and bins of its spectrum
  std::size_t first = 0;  // tap
  std::size_t count = 0;  // partitions
  bool operator==(const Level&) const = default;
};

struct Plan {
  std::size_t inputs = 0, max_taps = 0;
  std::vector<Level> levels;
  Effort effort = Effort::measured;

  // Of the spectra of history and longest response: what is read, in the course of time, again and again.
  std::size_t bytes() const noexcept;
  bool operator==(const Plan&) const = default;
};

Result<Plan> plan_for(const Shape& shape);

// With partitions of these sizes: each one a multiple of the one before, the first one good for Fft. What lies beyond
// max_taps is left out.
Plan make_plan(std::size_t inputs, std::size_t max_taps, std::span<const std::size_t> sizes);

// What the steps take, in ns as measured on a Zen 5 (convolve_bench): the ratios count, for choosing a plan and for
// spreading a level's work evenly.
struct Cost {
  // Of a RealFft, either way.
  static float fft_ns(std::size_t bins) noexcept;
  // Of a term of a group, where all that is read in the course of time has so many bytes: from L2, or from L3.
  static float term_ns(std::size_t bytes) noexcept;
  // Of a group beside its terms.
  static constexpr float group_ns = 4;
};

}  // namespace weir::convolve
