// A tracker over a file of detections, as evaluations do it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "weir/engines/track/mot_file.hpp"
#include "weir/engines/track/tracker.hpp"

namespace weir::track {

// Confidences of 0…1, one a row. Detectors give margins, logits or percents as they like: where all of them lie within
// 0…1 they stay; where all are the same, they say nothing, and become 1; else each becomes its rank, the share of all
// detections that are not more confident, since a threshold cannot be known.
std::vector<float> usual_confidences(std::span<const MotRow> detections);

// Frames 1…last in order, also those without detections; answers what the tracker shows in each frame at once: nothing
// is filled in afterwards. `fps` above 0.
std::vector<MotRow> track_detections(std::span<const MotRow> detections, double fps, std::int64_t last_frame,
                                     const TrackerConfig& config = {});

// The last frame with a row, 0 if there is none.
std::int64_t last_frame(std::span<const MotRow> rows) noexcept;

}  // namespace weir::track
