// Detection of upright people by histograms of oriented gradients (Dalal and Triggs, 2005).
#pragma once

#include "weir/engines/detect/detector.hpp"

namespace weir::detect {

// As make_detector(), for Kind::people: OpenCV's trained window of 64×128. The picture is looked at with a longer side
// of 640, in which a person must be at least about 100 high. Slower than a small network, and sees less.
Result<std::unique_ptr<Detector>> make_people(const DetectorConfig& config);

}  // namespace weir::detect
