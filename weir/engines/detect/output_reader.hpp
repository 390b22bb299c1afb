// OutputReader: from a network's outputs to detections in source pixels.
#pragma once

#include "weir/engines/detect/candidates.hpp"
#include "weir/engines/detect/decode.hpp"

namespace weir::detect {

// Thread-safety: one thread at a time.  Allocates: construction.  Blocks: never.
// Ownership: the detections are valid until the next read().
class OutputReader {
 public:
  OutputReader(const Reading& reading, float confidence, std::vector<std::uint8_t> wanted);

  // The strongest first, none of them outside the picture, of each label none that overlaps a stronger one by more than
  // most_overlap. Failed: outputs that do not fit the reading.
  Result<std::span<const Detection>> read(std::span<const Tensor> outputs, const Placement& placement, int source_width,
                                          int source_height);
  const Reading& reading() const noexcept { return reading_; }

 private:
  Reading reading_;
  Candidates candidates_;
};

// What the authors of the layouts suppress with.
constexpr float most_overlap = 0.45F;

}  // namespace weir::detect
