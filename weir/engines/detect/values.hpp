// What the numbers of a first run tell about a model that the shapes of its outputs do not.
#pragma once

#include "weir/engines/detect/decode.hpp"

namespace weir::detect {

// Whether a YOLOX model, read as yolox_offsets, decodes its boxes itself. Decoded centres lie around their cells,
// others around zero: every row far enough from the corner to tell has a vote.
bool yolox_in_pixels(const Reading& reading, const float* data) noexcept;

// Whether every finite confidence lies in 0…1. Exports without the last sigmoid or softmax do not.
bool has_probabilities(const Reading& reading, std::span<const Tensor> outputs) noexcept;

// Whether nearly all of ssd_pair's boxes have their right edge on the right and their lower edge below. Offsets from
// anchors, which not every export decodes, do not.
bool has_corners(const Reading& reading, const float* boxes) noexcept;

// Settles the reading by numbers that fit it. Unsupported: numbers that would be misread.
Result<void> read_values(Reading& reading, std::span<const Tensor> outputs);

}  // namespace weir::detect
