// Motion by OpenCV's mixture of Gaussians.
#pragma once

#include "weir/engines/motion/motion.hpp"

namespace weir::motion {

// Several backgrounds a pixel, which suits waving leaves and water better than one average, at about ten times its
// cost. `threshold` is taken as that many levels against an assumed noise; light_guard does not apply.
Result<std::unique_ptr<MotionEngine>> make_mog2(const MotionConfig& config, Size source, Size small);

}  // namespace weir::motion
